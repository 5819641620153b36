%%% Checks the options about certificates: whose are accepted and how they are verified, one's own
%%% and their keys, revocation lists. In the order and with the terms of OTP's ssl. Reads no file.
-module(cssl_options_cert).

-export([verify/1, identities/1, crl/1, stapling/1, file_name/1, file_binary/1]).

-import(cssl_opt, [get/3, put/3, check/4, check_given/4, bad/2, clash/1, value/2, role/1,
                   needs_version/3, versions/1]).

-type state() :: cssl_opt:state().

%%% The peer's

-spec verify(state()) -> state().
verify(St0) ->
    Default = case role(St0) of client -> verify_peer; server -> verify_none end,
    St1 = check(verify, Default, cssl_opt:one_of([verify_peer, verify_none]), St0),
    St2 = cacertfile(check(cacerts, undefined, fun proper_list/1, St1)),
    value(verify, St2) =:= verify_peer andalso value(cacerts, St2) =:= undefined
        andalso value(cacertfile, St2) =:= undefined
        andalso clash([{verify, verify_peer}, {cacerts, undefined}]),
    St3 = check_given(certificate_authorities, role(St2) =:= server, fun cssl_opt:boolean/1, St2),
    St4 = partial_chain(authorities_version(St3)),
    St5 = check(depth, 10, fun(D) -> is_integer(D) andalso D >= 0 andalso D =< 255 end,
                fail_if_no_peer_cert(St4)),
    St6 = policies(verify_fun(St5)),
    check(allow_any_ca_purpose, false, fun cssl_opt:boolean/1, St6).

%% cacerts goes before cacertfile.
cacertfile(St) ->
    case get(cacertfile, undefined, St) of
        {default, _} ->
            St;
        {given, File} ->
            file_name(File) orelse bad(cacertfile, File),
            case value(cacerts, St) of
                undefined -> put(cacertfile, absolute(file_binary(File)), St);
                _ -> St
            end
    end.

%% The node's folder is known to its file server, which isn't there yet when distribution starts.
absolute(File) ->
    case filename:pathtype(File) of
        absolute -> File;
        _ -> filename:absname(File)
    end.

authorities_version(St) ->
    case role(St) of
        client -> needs_version(certificate_authorities, ['tlsv1.3'], St);
        server -> St
    end.

partial_chain(St) ->
    case get(partial_chain, undefined, St) of
        {default, _} -> St;
        {given, Fun} when is_function(Fun, 1) -> put(partial_chain, Fun, St);
        {given, Other} -> bad(partial_chain, Other)
    end.

fail_if_no_peer_cert(St0) ->
    Server = role(St0) =:= server,
    Default = Server andalso value(verify, St0) =:= verify_peer,
    St = check(fail_if_no_peer_cert, Default, fun cssl_opt:boolean/1, St0),
    case value(fail_if_no_peer_cert, St) of
        true when not Server ->
            throw({error, {option, server_only, fail_if_no_peer_cert}});
        true ->
            value(verify, St) =:= verify_none
                andalso clash([{verify, verify_none}, {fail_if_no_peer_cert, true}]),
            St;
        false when Server ->
            St;
        false ->
            St#{user := maps:remove(fail_if_no_peer_cert, maps:get(user, St))}
    end.

%% A fun of one argument is of old: it filters a list of faults.
verify_fun(St) ->
    case get(verify_fun, undefined, St) of
        {_, undefined} -> St;
        {given, Fun} when is_function(Fun, 1) -> put(verify_fun, Fun, St);
        {given, {Fun, State}} when is_function(Fun, 3); is_function(Fun, 4) ->
            put(verify_fun, {Fun, State}, St);
        {given, Other} -> bad(verify_fun, Other)
    end.

policies(St) ->
    check(cert_policy_opts, [],
          fun(Opts) -> proper_list(Opts) andalso lists:all(fun policy/1, Opts) end, St).

policy({policy_set, Set} = Opt) ->
    proper_list(Set) andalso lists:all(fun is_oid/1, Set) orelse bad(cert_policy_opts, Opt);
policy({Name, Value} = Opt) ->
    lists:member(Name, [explicit_policy, inhibit_policy_mapping, inhibit_any_policy])
        andalso is_boolean(Value) orelse bad(cert_policy_opts, Opt);
policy(Opt) ->
    bad(cert_policy_opts, Opt).

is_oid(Oid) ->
    is_tuple(Oid) andalso tuple_size(Oid) > 1
        andalso lists:all(fun(N) -> is_integer(N) andalso N >= 0 end, tuple_to_list(Oid)).

%%% One's own

-spec identities(state()) -> state().
identities(St) ->
    case get(certs_keys, [], St) of
        {given, List} ->
            proper_list(List) andalso lists:all(fun is_map/1, List) orelse bad(certs_keys, List),
            Checked = [identity(Map, St) || Map <- List],
            put(certs_keys, [Map || Map <- Checked, Map =/= #{}], St);
        {default, _} ->
            case identity(single(St), St) of
                Empty when map_size(Empty) =:= 0 -> put(certs_keys, [], St);
                Identity -> put(certs_keys, [Identity], St)
            end
    end.

single(#{given := Given}) ->
    maps:with([cert, certfile, key, keyfile, password], Given).

identity(Given, St) ->
    Rows = [{cert, fun cert/1}, {certfile, fun file_name/1}, {key, fun(K) -> key(K, St) end},
            {keyfile, fun file_name/1}, {password, fun password/1}],
    [Valid(maps:get(Name, Given)) orelse bad(Name, maps:get(Name, Given))
     || {Name, Valid} <- Rows, is_map_key(Name, Given)],
    default_keyfile(one_of_each(maps:with([N || {N, _} <- Rows], Given))).

%% What stands in memory goes before what stands in a file.
one_of_each(Map0) ->
    Map1 = case Map0 of
               #{key := undefined} -> maps:remove(key, Map0);
               #{key := _} -> maps:remove(keyfile, Map0);
               _ -> Map0
           end,
    Map2 = case Map1 of
               #{cert := Cert} when is_binary(Cert) -> maps:remove(certfile, Map1#{cert := [Cert]});
               #{cert := _} -> maps:remove(certfile, Map1);
               _ -> Map1
           end,
    maps:map(fun(Name, File) when Name =:= certfile; Name =:= keyfile -> file_binary(File);
                (_, Value) -> Value
             end, Map2).

default_keyfile(#{certfile := File} = Map) when not is_map_key(key, Map) ->
    maps:merge(#{keyfile => File}, Map);
default_keyfile(Map) ->
    Map.

cert(Cert) when is_binary(Cert) -> true;
cert([_ | _] = Chain) -> proper_list(Chain) andalso lists:all(fun is_binary/1, Chain);
cert(_) -> false.

%% DSA left the standards, and engines left libcrypto: keys of either kind are refused.
key(undefined, _) ->
    true;
key({Type, _}, _) ->
    lists:member(Type, [rsa, 'RSAPrivateKey', 'ECPrivateKey', 'PrivateKeyInfo',
                        'OneAsymmetricKey']);
key(#{algorithm := Algorithm} = Key, St) ->
    Uses = [K || K <- [engine, sign_fun, encrypt_fun], is_map_key(K, Key)],
    Uses =/= [] andalso key_versions(Algorithm, Uses, versions(St))
        andalso is_function(maps:get(sign_fun, Key, none));
key(_, _) ->
    false.

key_versions(Algorithm, Uses, Versions) ->
    Possible = case Algorithm of
                   eddsa -> ['tlsv1.3'];
                   dsa -> ['tlsv1.2'];
                   _ -> ['tlsv1.3', 'tlsv1.2']
               end,
    case Versions -- Possible of
        Versions -> clash([key, {versions, Versions}]);
        _ -> not lists:member(encrypt_fun, Uses) orelse clash([key, {versions, Versions}])
    end.

password(Fun) when is_function(Fun, 0) -> true;
password(Data) when is_binary(Data); is_list(Data) -> is_integer(catch iolist_size(Data));
password(_) -> false.

%%% Revocation

%% The library reads lists from a directory. A cache in Erlang is not asked, and therefore refused
%% where lists are to be looked at.
-spec crl(state()) -> state().
crl(St0) ->
    St1 = check(crl_check, false, cssl_opt:one_of([true, false, peer, best_effort]), St0),
    St2 = check(crl_cache, {ssl_crl_cache, {internal, []}}, fun crl_cache/1, St1),
    case {value(verify, St2), value(crl_check, St2), value(crl_cache, St2)} of
        {verify_none, _, _} -> St2;
        {_, false, _} -> St2;
        {_, _, {ssl_crl_hash_dir, {internal, _}}} -> St2;
        {_, _, Cache} -> bad(crl_cache, Cache)
    end.

crl_cache({Module, {_, _}}) -> is_atom(Module);
crl_cache(_) -> false.

-spec stapling(state()) -> state().
stapling(St) ->
    cssl_opt:for_side(client, {stapling,
                               fun(S) -> check_given(stapling, no_staple, fun staple/1, S) end},
                      St).

staple(Map) when is_map(Map) -> is_boolean(maps:get(ocsp_nonce, Map, true));
staple(Value) -> Value =:= staple orelse Value =:= no_staple.

%%% Kinds of values

-spec file_name(term()) -> boolean().
file_name(Name) when is_binary(Name) ->
    Name =/= <<>> andalso binary:match(Name, <<0>>) =:= nomatch;
file_name([_ | _] = Name) ->
    case catch unicode:characters_to_binary(Name) of
        Binary when is_binary(Binary) -> file_name(Binary);
        _ -> false
    end;
file_name(_) ->
    false.

-spec file_binary(file:name_all()) -> binary().
file_binary(Name) when is_binary(Name) ->
    Name;
file_binary(Name) ->
    case unicode:characters_to_binary(Name, unicode, file:native_name_encoding()) of
        Binary when is_binary(Binary) -> Binary;
        _ -> unicode:characters_to_binary(Name)
    end.

proper_list(List) ->
    is_integer(catch length(List)).
