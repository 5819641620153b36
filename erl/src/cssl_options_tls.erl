%%% Checks the options about the protocol itself: versions, suites, groups, signature algorithms,
%%% application protocols, sizes, logging. In the order and with the terms of OTP's ssl.
-module(cssl_options_tls).

-export([first/1, sni/1, signature_algs/1, alpn/1, old_versions/1, of_server/1, of_client/1,
         updates/1, groups_and_ciphers/1, last/1, versions_of/1]).

-import(cssl_opt, [get/3, put/3, check/4, check_given/4, bad/2, clash/1, for_side/3, value/2,
                   other_side/2, needs_version/3, versions/1, role/1]).

-type state() :: cssl_opt:state().

-define(TLS12, ['tlsv1.2']).
-define(TLS13, ['tlsv1.3']).

%%% protocol, logging, versions

-spec first(state()) -> state().
first(St0) ->
    St1 = check(protocol, tls, cssl_opt:one_of([tls, dtls]), St0),
    St2 = check(log_level, notice, fun log_level/1, St1),
    St3 = check_given(keep_secrets, false, fun keep_secrets/1, St2),
    St4 = check_given(erl_dist, false, fun cssl_opt:boolean/1, St3),
    St5 = check_given(ktls, false, fun cssl_opt:boolean/1, St4),
    refuse_protocol(St5),
    St6 = put(versions, versions_of(St5), St5),
    St7 = check_given(middlebox_comp_mode, true, fun cssl_opt:boolean/1, St6),
    needs_version(middlebox_comp_mode, ?TLS13, St7).

refuse_protocol(St) ->
    Dtls = value(protocol, St) =:= dtls,
    [Dtls andalso value(Name, St) =:= true andalso clash([{protocol, dtls}, {Name, true}])
     || Name <- [erl_dist, ktls]],
    Dtls andalso bad(protocol, dtls),
    value(ktls, St) =:= true andalso bad(ktls, true).

log_level(Level) ->
    lists:member(Level, [none, all, emergency, alert, critical, error, warning, notice, info,
                         debug]).

keep_secrets({Kind, Fun}) when Kind =:= keylog; Kind =:= keylog_hs -> is_function(Fun, 1);
keep_secrets(Value) -> is_boolean(Value).

%% The newest version first. Names that do not exist come before versions that are not here.
-spec versions_of(state()) -> [atom()].
versions_of(St) ->
    case get(versions, none, St) of
        {default, none} -> default_versions();
        {given, Versions} -> check_versions(Versions)
    end.

check_versions([_ | _] = Given) ->
    is_integer(catch length(Given)) orelse bad(versions, Given),
    Known = ['tlsv1.3', 'tlsv1.2', 'tlsv1.1', tlsv1],
    [bad(V, {versions, Given}) || V <- Given, not lists:member(V, Known)],
    Gap = lists:member('tlsv1.3', Given) andalso not lists:member('tlsv1.2', Given)
        andalso (lists:member('tlsv1.1', Given) orelse lists:member(tlsv1, Given)),
    Gap andalso throw({error, {options, missing_version, {'tlsv1.2', {versions, Given}}}}),
    There = cssl_suites:versions_there(),
    [bad(insufficient_crypto_support, {V, {versions, Given}})
     || V <- Given, not lists:member(V, There)],
    [V || V <- There, lists:member(V, Given)];
check_versions(Given) ->
    bad(versions, Given).

%% The environment of application ssl may narrow the default; versions that are not here do not
%% count.
default_versions() ->
    There = cssl_suites:versions_there(),
    case application:get_env(ssl, protocol_version) of
        undefined -> There;
        {ok, []} -> There;
        {ok, Versions} when is_list(Versions) -> narrowed(There, Versions);
        {ok, Version} -> narrowed(There, [Version])
    end.

narrowed(There, Wanted) ->
    case [V || V <- There, lists:member(V, Wanted)] of
        [] -> bad(insufficient_crypto_support, {hd(Wanted), {versions, Wanted}});
        Some -> Some
    end.

%%% Names of hosts

-spec sni(state()) -> state().
sni(St) ->
    case role(St) of
        client ->
            St1 = check(server_name_indication, default_sni(cssl_opt:host(St)), fun sni_name/1, St),
            other_side(sni_hosts, other_side(sni_fun, St1));
        server ->
            other_side(server_name_indication, sni_server(St))
    end.

default_sni(Host) when is_atom(Host), Host =/= undefined -> default_sni(atom_to_list(Host));
default_sni([_ | _] = Host) ->
    case inet:parse_strict_address(Host) of
        {ok, _} -> undefined;
        _ -> string:trim(Host, trailing, ".")
    end;
default_sni(_) -> undefined.

sni_name(disable) -> true;
sni_name([_ | _] = Name) -> is_text(Name);
sni_name(_) -> false.

sni_server(St0) ->
    St1 = check_given(sni_hosts, [], fun sni_hosts/1, St0),
    St2 = check_given(sni_fun, none, fun(F) -> is_function(F, 1) end, St1),
    case {get(sni_hosts, [], St2), get(sni_fun, undefined, St2)} of
        {{_, [_ | _]}, {given, _}} -> clash([sni_fun, sni_hosts]);
        _ -> St2
    end.

sni_hosts(Hosts) when is_list(Hosts) ->
    is_integer(catch length(Hosts)) andalso lists:all(fun sni_host/1, Hosts);
sni_hosts(_) ->
    false.

sni_host({[_ | _] = Name, Options} = Host) when is_list(Options) ->
    is_text(Name) andalso is_integer(catch length(Options)) orelse bad(sni_hosts, Host),
    case lists:keyfind(sni_hosts, 1, Options) of
        {_, Inner} -> bad(sni_hosts, Inner);
        false -> true
    end;
sni_host(Host) ->
    bad(sni_hosts, Host).

is_text(List) ->
    is_list(List) andalso is_integer(catch length(List))
        andalso lists:all(fun(C) -> is_integer(C) andalso C > 0 andalso C < 16#110000 end, List).

%%% Signature algorithms. What the two options say is a matter of the library's lists, so what is
%%% shown of them is what is here of what was given.

-spec signature_algs(state()) -> state().
signature_algs(St0) ->
    St1 = case get(signature_algs_cert, undefined, St0) of
              {default, _} -> St0;
              {given, Cert} -> put(signature_algs_cert,
                                   algs(signature_algs_cert, no_supported_signature_schemes, Cert,
                                        St0), St0)
          end,
    case get(signature_algs, undefined, St1) of
        {default, _} ->
            put(signature_algs, cssl_suites:signature_algs(default, hd(versions(St1))), St1);
        {given, Algs} ->
            put(signature_algs, algs(signature_algs, no_supported_algorithms, Algs, St1), St1)
    end.

%% Without TLS 1.3, names that mean nothing in signature_algs are passed over as long as others
%% remain.
algs(Name, None, Algs, St) when is_list(Algs) ->
    proper_list(Algs) orelse bad(Name, Algs),
    case lists:member('tlsv1.3', versions(St)) orelse Name =:= signature_algs_cert of
        true -> cssl_suites:known_schemes(Algs) orelse bad(Name, Algs);
        false -> lists:all(fun scheme_form/1, Algs) orelse bad(Name, Algs)
    end,
    case [A || A <- Algs, cssl_suites:scheme_names([A]) =/= []] of
        [] -> bad(None, {Name, Algs});
        Here -> Here
    end;
algs(Name, _, Algs, _) ->
    bad(Name, Algs).

scheme_form({Hash, Sign}) -> is_atom(Hash) andalso is_atom(Sign);
scheme_form(Scheme) -> is_atom(Scheme).

%%% Application protocols. NPN was given up in favour of ALPN in 2014 and is not here.

-spec alpn(state()) -> state().
alpn(St) ->
    case role(St) of
        client ->
            St1 = protocols(alpn_advertised_protocols, St),
            St2 = no_npn(client_preferred_next_protocols, fun npn_client/1, St1),
            other_side(next_protocols_advertised, other_side(alpn_preferred_protocols, St2));
        server ->
            St1 = protocols(alpn_preferred_protocols, St),
            St2 = no_npn(next_protocols_advertised,
                         fun(V) -> protocol_list(next_protocols_advertised, V) end, St1),
            other_side(client_preferred_next_protocols,
                       other_side(alpn_advertised_protocols, St2))
    end.

protocols(Name, St) ->
    check(Name, undefined, fun(Value) -> protocol_list(Name, Value) end, St).

protocol_list(Name, List) when is_list(List) ->
    is_integer(catch length(List)) orelse bad(Name, List),
    [bad(Name, {invalid_protocol, P}) || P <- List, not protocol_name(P)],
    true;
protocol_list(_, _) ->
    false.

protocol_name(Name) ->
    is_binary(Name) andalso byte_size(Name) > 0 andalso byte_size(Name) < 256.

%% A client's clash with versions is told before what is wrong with the value, a server's after it.
no_npn(Name, Check, St) ->
    case {role(St), get(Name, undefined, St)} of
        {_, {default, _}} ->
            St;
        {client, {given, undefined}} ->
            needs_version(Name, ?TLS12, St);
        {client, {given, Value}} ->
            needs_version(Name, ?TLS12, St),
            Check(Value) orelse bad(Name, Value),
            bad(Name, Value);
        {server, {given, Value}} ->
            Check(Value) orelse bad(Name, Value),
            needs_version(Name, ?TLS12, St),
            bad(Name, Value)
    end.

npn_client({Precedence, Protocols}) when is_list(Protocols) ->
    npn_client({Precedence, Protocols, <<"any">>});
npn_client({Precedence, Protocols, Default}) when is_list(Protocols) ->
    Name = client_preferred_next_protocols,
    lists:member(Precedence, [client, server]) orelse bad(Name, {invalid_precedence, Precedence}),
    protocol_list(Name, Protocols) andalso protocol_list(Name, [Default]);
npn_client(_) ->
    false.

%%% What was of TLS 1.0 alone

-spec old_versions(state()) -> state().
old_versions(St) ->
    Rows = [{beast_mitigation, cssl_opt:one_of([disabled, one_n_minus_one, zero_n])},
            {padding_check, fun cssl_opt:boolean/1}],
    lists:foldl(fun({Name, Valid}, Acc) ->
                        case get(Name, undefined, Acc) of
                            {default, _} -> Acc;
                            {given, Value} ->
                                Valid(Value) orelse bad(Name, Value),
                                clash([Name, {versions, versions(Acc)}])
                        end
                end, St, Rows).

%%% Servers and clients

-spec of_server(state()) -> state().
of_server(St) ->
    Rows = [{honor_ecc_order, fun(S) -> boolean(honor_ecc_order, false, S) end},
            {honor_cipher_order, fun(S) -> boolean(honor_cipher_order, false, S) end},
            {cookie, fun(S) -> needs_version(cookie, ?TLS13, boolean(cookie, true, S)) end},
            {client_renegotiation, fun(S) -> versioned(client_renegotiation, true, S) end},
            {dh, fun(S) -> check_given(dh, none, fun is_binary/1, S) end},
            {dhfile, fun dhfile/1}],
    lists:foldl(fun(Row, Acc) -> for_side(server, Row, Acc) end, St, Rows).

boolean(Name, Default, St) ->
    check(Name, Default, fun cssl_opt:boolean/1, St).

versioned(Name, Default, St) ->
    needs_version(Name, ?TLS12, boolean(Name, Default, St)).

%% dh goes before dhfile.
dhfile(St0) ->
    St = check_given(dhfile, none, fun cssl_options_cert:file_name/1, St0),
    case value(dh, St) of
        undefined -> St;
        _ -> St#{user := maps:remove(dhfile, maps:get(user, St))}
    end.

-spec of_client(state()) -> state().
of_client(St) ->
    Rows = [{fallback, fun fallback/1},
            {customize_hostname_check,
             fun(S) -> check(customize_hostname_check, [], fun proper_list/1, S) end},
            {max_fragment_length,
             fun(S) -> check(max_fragment_length, undefined,
                             cssl_opt:one_of([undefined, 512, 1024, 2048, 4096]), S)
             end}],
    lists:foldl(fun(Row, Acc) -> for_side(client, Row, Acc) end, St, Rows).

%% A client that offers all its versions at once has no use for a fallback.
fallback(St0) ->
    St = versioned(fallback, false, St0),
    value(fallback, St) andalso bad(fallback, true),
    St.

proper_list(List) ->
    is_integer(catch length(List)).

-spec updates(state()) -> state().
updates(St0) ->
    St1 = check(key_update_at, 388736063997, fun cssl_opt:positive/1, St0),
    St2 = needs_version(key_update_at, ?TLS13, St1),
    St3 = check(renegotiate_at, 268435456, fun cssl_opt:positive/1, St2),
    St4 = versioned(secure_renegotiate, true, St3),
    value(secure_renegotiate, St4) orelse
        bad(secure_renegotiate,
            {false, fallback_to_insecure_renegotiation_no_longer_supported}),
    St4.

%%% Groups and suites

-spec groups_and_ciphers(state()) -> state().
groups_and_ciphers(St0) ->
    St1 = groups(St0),
    St2 = ciphers(St1),
    eccs(St2).

groups(St0) ->
    case get(supported_groups, undefined, St0) of
        {default, _} ->
            psk_groups(put(supported_groups, cssl_suites:groups(default), St0));
        {given, Groups} ->
            proper_list(Groups) orelse bad(supported_groups, Groups),
            needs_version(supported_groups, ?TLS13, St0),
            case [G || G <- Groups, cssl_suites:group_names([G]) =/= []] of
                [] -> bad(supported_groups, none_valid);
                Here -> psk_groups(put(supported_groups, Here, St0))
            end
    end.

%% Of OTP 29: the groups for which a client sends key shares, of those it supports and as ordered
%% there.
psk_groups(St) ->
    case get(psk_groups, undefined, St) of
        {default, _} ->
            St;
        {given, Groups} ->
            role(St) =:= client orelse throw({error, {option, client_only, psk_groups}}),
            proper_list(Groups) orelse bad(psk_groups, Groups),
            needs_version(psk_groups, ?TLS13, St),
            case [G || G <- value(supported_groups, St), lists:member(G, Groups)] of
                [] -> bad(psk_groups, none_valid);
                Here -> put(psk_groups, Here, St)
            end
    end.

ciphers(St) ->
    {_, Given} = get(ciphers, [], St),
    case cssl_suites:names_of(Given, versions(St)) of
        {ok, Names} -> put(ciphers, Names, St);
        error -> bad(ciphers, Given)
    end.

%% Curves count for TLS 1.2 alone, and are not even looked at without it.
eccs(St) ->
    {_, Given} = get(eccs, [], St),
    case {lists:member('tlsv1.2', versions(St)), cssl_opt:given(eccs, St)} of
        {true, true} -> put(eccs, check_eccs(Given), St);
        {true, false} -> put(eccs, cssl_suites:eccs(), St);
        {false, _} -> put(eccs, [], St)
    end.

check_eccs(Given) ->
    proper_list(Given) orelse bad(eccs, Given),
    case cssl_suites:ecc_names(Given) of
        {ok, []} -> bad(eccs, none_valid);
        {ok, Here} -> Here;
        error -> bad(eccs, Given)
    end.

%%% The rest

-spec last(state()) -> state().
last(St0) ->
    St1 = check(handshake, full, cssl_opt:one_of([full, hello]), St0),
    St2 = check(max_handshake_size, 131072,
                fun(N) -> is_integer(N) andalso N >= 1 andalso N =< 8388607 end, St1),
    use_srtp(St2),
    St3 = check_given(receiver_spawn_opts, [], fun proper_list/1, St2),
    St4 = check_given(sender_spawn_opts, [], fun proper_list/1, St3),
    check_given(hibernate_after, infinity, fun hibernate/1, St4).

hibernate(infinity) -> true;
hibernate(Time) -> is_integer(Time) andalso Time >= 0.

use_srtp(St) ->
    case get(use_srtp, undefined, St) of
        {default, _} -> ok;
        {given, Map} when is_map(Map) -> clash([use_srtp, {protocol, tls}]);
        {given, Other} -> bad(use_srtp, Other)
    end.
