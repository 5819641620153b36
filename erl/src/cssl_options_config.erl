%%% Turns checked options into what the library's config is made of, a map with the names of
%%% cssl_options in cssl.h, and the funs that stay in Erlang. OTP's defaults are written out where
%%% the library's are others. Checks nothing but what only the library's rules can refuse.
-module(cssl_options_config).

-export([make/1]).

-import(cssl_opt, [value/2, role/1]).

-define(DEPTH_MAX, 16).          % intermediates that the library allows at most
-define(HANDSHAKE_MIN, 1024).    % its least max_handshake_size
-define(EARLY_DATA, 16384).      % bytes that a server takes
-define(UINT64_MAX, 16#ffffffffffffffff).

-spec make(cssl_opt:state()) -> {map(), map()}.
make(St) ->
    Funs = funs(St),
    Parts = [common(St), algorithms(St), verify(St), identities(St), sessions(St), of_role(St),
             psk(St), ask(Funs, St)],
    {lists:foldl(fun(Part, Acc) -> maps:merge(Acc, Part) end, #{}, Parts), Funs}.

%%% Protocol

common(St) ->
    known([{versions, value(versions, St)},
           {max_handshake_size, max(?HANDSHAKE_MIN, value(max_handshake_size, St))},
           {pause_at_hello, unless(false, value(handshake, St) =:= hello)},
           {key_update_at, at_most(unless(388736063997, value(key_update_at, St)))},
           {renegotiate_at, at_most(unless(268435456, value(renegotiate_at, St)))},
           {middlebox_comp_mode, value(middlebox_comp_mode, St)},
           {alpn_protocols, alpn(value(alpn_advertised_protocols, St),
                                 value(alpn_preferred_protocols, St))},
           {keylog, keylog(value(keep_secrets, St))}]).

keylog(Keep) when Keep =:= undefined; Keep =:= false -> undefined;
keylog(_) -> true.

alpn(undefined, undefined) -> undefined;
alpn(undefined, Preferred) -> alpn(Preferred, undefined);
alpn([], _) -> undefined;
alpn(Protocols, _) -> Protocols.

at_most(undefined) -> undefined;
at_most(N) -> min(N, ?UINT64_MAX).

algorithms(St) ->
    known([{ciphers, value(ciphers, St)},
           {supported_groups, groups(St)},
           {key_share_groups, names(value(psk_groups, St))},
           {signature_algs, cssl_suites:scheme_names(schemes(St))},
           {signature_algs_cert, schemes_cert(value(signature_algs_cert, St))}]).

%% The library has one list for both versions: TLS 1.3's groups first, then the curves of 1.2.
groups(St) ->
    Of13 = case lists:member('tlsv1.3', value(versions, St)) of
               true -> value(supported_groups, St);
               false -> []
           end,
    cssl_suites:group_names(Of13 ++ value(eccs, St)).

%% With TLS 1.2 on, RSA signatures of old are for its handshakes too.
schemes(St) ->
    value(signature_algs, St).

schemes_cert(undefined) -> undefined;
schemes_cert(Algs) -> cssl_suites:scheme_names(Algs).

names(undefined) -> undefined;
names(Groups) -> cssl_suites:group_names(Groups).

%%% The peer's certificate

verify(St) ->
    case verifies(St) of
        true ->
            maps:merge(known([{verify, peer}, {depth, min(?DEPTH_MAX, depth(value(depth, St)))},
                              {allow_any_ca_purpose,
                               unless(false, value(allow_any_ca_purpose, St))},
                              {certificate_authorities, value(certificate_authorities, St)},
                              {fail_if_no_peer_cert, value(fail_if_no_peer_cert, St)}]),
                       maps:merge(authorities(St), maps:merge(policies(St), revocation(St))));
        false ->
            #{verify => none}
    end.

%% A client with verify_none and a verify_fun of its own leaves the verdict to that.
verifies(St) ->
    value(verify, St) =:= verify_peer
        orelse role(St) =:= client andalso value(verify_fun, St) =/= undefined.

%% The library's 0 is its default.
depth(0) -> -1;
depth(N) -> N.

authorities(St) ->
    case {value(cacerts, St), value(cacertfile, St)} of
        {undefined, undefined} -> #{no_cacerts => true};
        {undefined, File} -> #{cacertfile => File};
        {[], _} -> #{no_cacerts => true}; % never the system's
        {Certs, _} -> #{cacerts => ders(Certs)}
    end.

%% Certificates are DER, or what public_key:cacerts_get/0 returns: {cert, Der, Decoded}.
ders(Certs) ->
    try
        << <<(der(Cert))/binary>> || Cert <- Certs >>
    catch
        throw:not_a_cert -> cssl_opt:bad(cacerts, Certs)
    end.

der(Der) when is_binary(Der) -> Der;
der({cert, Der, _}) when is_binary(Der) -> Der;
der(_) -> throw(not_a_cert).

policies(St) ->
    Opts = value(cert_policy_opts, St),
    known([{certificate_policies, case proplists:get_value(policy_set, Opts, []) of
                                      [] -> undefined;
                                      Set -> [oid_text(Oid) || Oid <- Set]
                                  end}
           | [{Name, proplists:get_value(Name, Opts)}
              || Name <- [explicit_policy, inhibit_policy_mapping, inhibit_any_policy]]]).

oid_text(Oid) ->
    iolist_to_binary(lists:join($., [integer_to_list(N) || N <- tuple_to_list(Oid)])).

%% Directories of lists are read by the library.
revocation(St) ->
    case {value(crl_check, St), value(crl_cache, St)} of
        {false, _} -> #{};
        {Check, {ssl_crl_hash_dir, {internal, Args}}} ->
            #{crl_check => crl_check(Check), crl_dir => crl_dir(Args, St)};
        _ -> #{}
    end.

crl_check(true) -> chain;
crl_check(Check) -> Check.

crl_dir(Args, St) ->
    Dir = is_list(Args) andalso proplists:get_value(dir, Args),
    cssl_options_cert:file_name(Dir) orelse cssl_opt:bad(crl_cache, value(crl_cache, St)),
    cssl_options_cert:file_binary(Dir).

%%% One's own

identities(St) ->
    case value(certs_keys, St) of
        [] -> #{};
        List -> #{certs_keys => [identity(Map) || Map <- List]}
    end.

identity(Map) ->
    known([{certfile, maps:get(certfile, Map, undefined)},
           {cert, case Map of #{cert := Chain} -> iolist_to_binary(Chain); _ -> undefined end},
           {keyfile, maps:get(keyfile, Map, undefined)},
           {password, password(maps:get(password, Map, undefined))}
           | key(maps:get(key, Map, undefined))]).

key(undefined) -> [];
key({_, Der}) when is_binary(Der) -> [{key, Der}];
key(#{sign_fun := _}) -> [{external_key, true}];
key(Other) -> cssl_opt:bad(key, Other).

password(undefined) -> undefined;
password(Fun) when is_function(Fun) ->
    case catch iolist_to_binary(Fun()) of
        Password when is_binary(Password) -> password(Password);
        _ -> cssl_opt:bad(password, Fun)
    end;
password(Data) ->
    case iolist_to_binary(Data) of
        <<>> -> undefined;
        Password -> Password
    end.

%%% Sessions

sessions(St) ->
    case role(St) of
        client -> client_sessions(St);
        server -> server_sessions(St)
    end.

%% In the library session_tickets rules both versions: where reuse_sessions alone is on, it has a
%% mode which is for TLS 1.2 only.
client_sessions(St) ->
    Tickets = value(session_tickets, St),
    Reuse = reuses(St),
    {Mode, Ticket} = client_mode(Tickets, Reuse, value(reuse_session, St), St),
    known([{session_tickets, Mode}, {use_ticket, Ticket},
           {tls12_tickets_only, tls12_only(Tickets, Mode)},
           {reuse_sessions, Mode =/= disabled andalso Reuse =/= false},
           {early_data, unless(<<>>, value(early_data, St))}]).

%% A session that is given to be resumed is one of TLS 1.2.
client_mode(_, _, {_, Session}, _) -> {manual, Session};
client_mode(manual, _, _, St) -> {manual, ticket(value(use_ticket, St), St)};
client_mode(auto, _, _, _) -> {auto, undefined};
client_mode(disabled, true, _, _) -> {auto, undefined};
client_mode(disabled, save, _, _) -> {manual, undefined};
client_mode(disabled, false, _, _) -> {disabled, undefined}.

tls12_only(disabled, Mode) when Mode =/= disabled -> true;
tls12_only(_, _) -> undefined.

ticket(undefined, _) ->
    undefined;
ticket(Tickets, St) ->
    case cssl_options_session:ticket_bytes(Tickets, value(server_name_indication, St)) of
        none -> undefined;
        Bytes -> Bytes
    end.

%% Sessions by identifier are TLS 1.2's.
reuses(St) ->
    case has_tls12(St) of
        true -> value(reuse_sessions, St);
        false -> false
    end.

%% A version without a suite is off. The names of TLS 1.2's suites are the ones with WITH.
has_tls12(St) ->
    lists:member('tlsv1.2', value(versions, St))
        andalso lists:any(fun(Name) -> string:find(Name, "_WITH_") =/= nomatch end,
                          value(ciphers, St)).

server_sessions(St) ->
    Reuse = reuses(St),
    Tickets = value(session_tickets, St),
    Mode = server_mode(Tickets, Reuse),
    Early = value(early_data, St) =:= enabled,
    known([{session_tickets, Mode},
           {tls12_tickets_only, tls12_only(Tickets, Mode)},
           {reuse_sessions, Mode =/= disabled andalso Reuse},
           {ticket_seed, seed(value(stateless_tickets_seed, St))},
           {max_early_data, case Early of true -> ?EARLY_DATA; false -> undefined end}
           | [Row || Early, Row <- replay_filter(value(anti_replay, St))]]).

server_mode(disabled, true) -> stateful;
server_mode(disabled, false) -> disabled;
server_mode(stateful_with_cert, _) -> stateful;
server_mode(stateless_with_cert, _) -> stateless;
server_mode(Mode, _) -> Mode.

%% The library wants 32 bytes or more.
seed(undefined) -> undefined;
seed(Seed) when byte_size(Seed) >= 32 -> Seed;
seed(Seed) -> crypto:hash(sha256, Seed).

replay_filter(undefined) -> [];
replay_filter({Window, Hashes, Bits}) ->
    [{anti_replay_window, Window}, {anti_replay_hashes, Hashes}, {anti_replay_bits, Bits}].

%%% Roles

of_role(St) ->
    case role(St) of
        client -> of_client(St);
        server -> of_server(St)
    end.

of_client(St) ->
    maps:merge(known([{server_name_indication, sni(St)},
                      {max_fragment_length, value(max_fragment_length, St)}]),
               stapling(verifies(St), value(stapling, St))).

%% The name to verify, unless it is the host that is connected to, which the connection brings. Who
%% has neither verifies no name.
sni(St) ->
    case {value(server_name_indication, St), cssl_opt:given(server_name_indication, St)} of
        {disable, _} -> <<>>;
        {undefined, _} -> case has_host(cssl_opt:host(St)) of true -> undefined; false -> <<>> end;
        {_, false} -> undefined;
        {Name, true} -> host_binary(Name, St)
    end.

has_host(Host) ->
    not (Host =:= undefined orelse is_tuple(Host) andalso element(1, Host) =:= local).

host_binary(Name, St) ->
    case unicode:characters_to_binary(string:trim(Name, trailing, ".")) of
        Binary when is_binary(Binary) -> Binary;
        _ -> cssl_opt:bad(server_name_indication, value(server_name_indication, St))
    end.

%% Where nothing is verified there is nothing to staple to.
stapling(false, _) -> #{};
stapling(_, Value) when Value =:= undefined; Value =:= no_staple -> #{stapling => false};
stapling(_, #{ocsp_nonce := true}) -> #{stapling => true, stapling_nonce => true};
stapling(_, _) -> #{stapling => true}.

of_server(St) ->
    known([{honor_cipher_order, value(honor_cipher_order, St)},
           {client_renegotiation, renegotiation(St)},
           {cookie, unless(true, value(cookie, St))},
           {dh, value(dh, St)}, {dhfile, dhfile(value(dhfile, St))},
           {psk_hint, text(value(psk_identity, St))}]).

%% The library takes it for TLS 1.2 alone.
renegotiation(St) ->
    case has_tls12(St) of
        true -> value(client_renegotiation, St);
        false -> undefined
    end.

dhfile(undefined) -> undefined;
dhfile(File) -> cssl_options_cert:file_binary(File).

%%% Pre-shared keys

%% A client's secret is asked for here, before there is a hint of the server's.
psk(St) ->
    Used = lists:any(fun cssl_suites:is_psk_name/1, value(ciphers, St)),
    case {role(St), value(psk_identity, St), value(user_lookup_fun, St)} of
        {client, Identity, {Fun, State}} when Used, Identity =/= undefined ->
            #{psk_identity => text(Identity), psk => secret(Fun, State)};
        _ ->
            #{}
    end.

secret(Fun, State) ->
    case catch Fun(psk, undefined, State) of
        {ok, Secret} when is_binary(Secret) -> Secret;
        _ -> cssl_opt:bad(user_lookup_fun, {Fun, State})
    end.

text(undefined) -> undefined;
text(Text) -> unicode:characters_to_binary(Text).

%%% What stays in Erlang

funs(St) ->
    Server = role(St) =:= server,
    Rows = [{verify_fun, verify_fun(St)},
            {partial_chain, value(partial_chain, St)},
            {keep_secrets, value(keep_secrets, St)},
            {sign_funs, sign_funs(value(certs_keys, St))},
            {reuse_session, saved_session(value(reuse_session, St))},
            {reuse_sessions, case value(reuse_sessions, St) of save -> save; _ -> undefined end},
            {hibernate_after, value(hibernate_after, St)},
            {early_data, case {Server, value(early_data, St)} of
                             {false, <<_/binary>>} -> true;
                             _ -> undefined
                         end}
            | case Server of
                  true -> [{sni_fun, sni_fun(value(sni_fun, St), value(sni_hosts, St))},
                           {user_lookup_fun, value(user_lookup_fun, St)}];
                  false -> []
              end],
    known(Rows).

sni_fun(undefined, [_ | _] = Hosts) ->
    Options = maps:from_list(lists:reverse([{string:lowercase(Host), Opts}
                                            || {Host, Opts} <- Hosts])),
    fun(Host) -> maps:get(string:lowercase(Host), Options, undefined) end;
sni_fun(Fun, _) ->
    Fun.

%% What looks at certificates in Erlang is one fun: the user's, behind a check of the host's name
%% that the user has changed.
verify_fun(St) ->
    cssl_verify:verify_fun(value(verify_fun, St), value(customize_hostname_check, St),
                           verify_host(St)).

%% The name that the certificate has to have, as public_key knows it.
verify_host(St) ->
    case {value(server_name_indication, St), cssl_opt:host(St)} of
        {disable, _} -> none;
        {[_ | _] = Name, _} -> {dns_id, Name};
        {_, Ip} when is_tuple(Ip), element(1, Ip) =/= local -> {ip, Ip};
        {_, [_ | _] = Host} -> {ip, element(2, inet:parse_strict_address(Host))};
        _ -> none
    end.

%% Whose sign_fun is whose is told by the certificate, which the library names when it asks.
sign_funs(Identities) ->
    case [{leaf(Map), Fun, sign_opts(Key)}
          || #{key := #{sign_fun := Fun} = Key} = Map <- Identities] of
        [] -> undefined;
        Funs -> Funs
    end.

%% Where the certificate stands in a file, that has to be read here too. Whether it can be is found
%% out, and told, when the config is made.
leaf(#{cert := [Der | _]}) ->
    Der;
leaf(#{certfile := File}) ->
    case file:read_file(File) of
        {ok, Pem} ->
            case [Der || {'Certificate', Der, not_encrypted} <- public_key:pem_decode(Pem)] of
                [Der | _] -> Der;
                [] -> Pem
            end;
        {error, _} ->
            <<>>
    end;
leaf(_) ->
    <<>>.

sign_opts(#{sign_opts := Opts}) when is_list(Opts) -> Opts;
sign_opts(_) -> [].

saved_session(Id) when is_binary(Id), Id =/= <<>> -> Id;
saved_session(_) -> undefined.

%% What the library asks about. Nothing about certificates that are not verified.
ask(Funs, St) ->
    Verifies = verifies(St),
    Rows = [{verify, Verifies andalso has_any([verify_fun], Funs)},
            {partial_chain, Verifies andalso has_any([partial_chain], Funs)},
            {sni, has_any([sni_fun], Funs)},
            {psk, has_any([user_lookup_fun], Funs)},
            {sign, has_any([sign_funs], Funs)}],
    case [What || {What, true} <- Rows] of
        [] -> #{};
        About -> #{ask_about => About}
    end.

has_any(Names, Funs) ->
    lists:any(fun(Name) -> is_map_key(Name, Funs) end, Names).

known(Rows) ->
    maps:from_list([{Name, Value} || {Name, Value} <- Rows, Value =/= undefined]).

unless(Default, Default) -> undefined;
unless(_, Value) -> Value.
