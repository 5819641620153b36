%%% Checks the options of connect, listen and handshake as OTP's ssl does - names, defaults, order
%%% of checks, terms of faults - and turns them into what the library, the transport and the socket
%%% are made of. Opens no socket and reads no file; the library's own faults come when a config is
%%% made.
-module(cssl_options).

-export([client/2, server/1, update/3, names/0, information/1]).

-export_type([options/0]).

%% given: the user's TLS options as they came, which a later call adds to; user: the checked ones;
%% config: for cssl_nif:config; funs: what stays in Erlang; transport: for the transport's connect
%% or listen; host: what the peer is to be called.
-type options() ::
        #{role := client | server, given := map(), user := map(), config := map(), funs := map(),
          emulated := cssl_options_inet:emulated(), inet := [term()], transport := [term()],
          cb_info := {module(), atom(), atom(), atom(), atom()}, host := term(),
          handshake := full | hello}.
-type host() :: string() | atom() | inet:ip_address() | {local, term()} | undefined.

-spec client([term()], host()) -> {ok, options()} | {error, term()}.
client(Options, Host) when is_list(Options) ->
    first(client, Options, Host).

-spec server([term()]) -> {ok, options()} | {error, term()}.
server(Options) when is_list(Options) ->
    first(server, Options, undefined).

%% More options on top of Old's, as in handshake/2,3 and handshake_continue/2,3 and from sni_fun.
-spec update(client | server, options(), [term()]) -> {ok, options()} | {error, term()}.
update(Role, #{role := Role} = Old, Options) when is_list(Options) ->
    try
        {New0, Emulated, Inet} = cssl_options_inet:split(proper(Options)),
        New = maps:without([protocol, handshake], New0),
        Given = maps:merge(maps:without(replaced(New), maps:get(given, Old)), New),
        {ok, make(Role, Given, New,
                  #{host => maps:get(host, Old),
                    emulated => cssl_options_inet:emulated(Emulated, maps:get(emulated, Old)),
                    inet => maps:get(inet, Old) ++ Inet})}
    catch
        throw:{error, _} = Error -> Error
    end.

first(Role, Options, Host) ->
    try
        {Given, Emulated, Inet} = cssl_options_inet:split(proper(Options)),
        {ok, make(Role, Given, Given, #{host => Host, given_emulated => Emulated, inet => Inet})}
    catch
        throw:{error, _} = Error -> Error
    end.

%% TLS options are checked before those of the socket, cb_info last.
make(Role, Given, New, #{host := Host, inet := Inet} = Parts) ->
    St = lists:foldl(fun(Check, Acc) -> Check(Acc) end, cssl_opt:new(Role, Host, Given, New),
                     checks()),
    Emulated = case Parts of
                   #{emulated := Checked} -> Checked;
                   #{given_emulated := Raw} ->
                       cssl_options_inet:emulated(Raw, cssl_options_inet:defaults())
               end,
    CbInfo = cssl_options_inet:cb_info(Given),
    {Config, Funs} = cssl_options_config:make(St),
    #{role => Role, given => Given, user => maps:get(user, St), config => Config, funs => Funs,
      emulated => Emulated, inet => Inet, transport => cssl_options_inet:transport(Inet),
      cb_info => CbInfo, host => Host, handshake => cssl_opt:value(handshake, St)}.

checks() ->
    [fun cssl_options_tls:first/1, fun cssl_options_cert:verify/1,
     fun cssl_options_cert:identities/1, fun cssl_options_session:tickets/1,
     fun cssl_options_cert:stapling/1, fun cssl_options_tls:sni/1,
     fun cssl_options_tls:signature_algs/1, fun cssl_options_tls:alpn/1,
     fun cssl_options_tls:old_versions/1, fun cssl_options_tls:of_server/1,
     fun cssl_options_tls:of_client/1, fun cssl_options_tls:updates/1,
     fun cssl_options_session:reuse/1, fun cssl_options_session:psk/1,
     fun cssl_options_tls:groups_and_ciphers/1, fun cssl_options_cert:crl/1,
     fun cssl_options_tls:last/1].

%% Options of an earlier call which a new one takes the place of, though its name is another.
replaced(New) ->
    lists:append([Family || Family <- [[certs_keys, cert, certfile, key, keyfile, password],
                                       [cacerts, cacertfile], [dh, dhfile],
                                       [sni_fun, sni_hosts]],
                            lists:any(fun(Name) -> is_map_key(Name, New) end, Family)]).

proper(Options) ->
    is_integer(catch length(Options)) orelse error(function_clause),
    Options.

%% The options as connection_information/1 shows them: what is undefined is left out, numbers are
%% those of the wire, and nothing is secret.
-spec information(options()) -> [{atom(), term()}].
information(#{user := User}) ->
    Shown = maps:without([protocol, stateless_tickets_seed, use_ticket, reuse_session], User),
    [{Name, shown(Name, Value)} || {Name, Value} <- maps:to_list(Shown), Value =/= undefined,
                                   not (Name =:= early_data andalso is_binary(Value))].

shown(ciphers, Names) -> cssl_suites:suites_of_names(Names);
shown(versions, Versions) -> [version_number(V) || V <- Versions];
shown(eccs, Curves) -> {elliptic_curves, [cssl_suites:oid(C) || C <- Curves]};
shown(supported_groups, Groups) -> {supported_groups, Groups};
shown(certs_keys, Identities) -> [maps:without([key, password], Map) || Map <- Identities];
shown(_, Value) -> Value.

version_number('tlsv1.3') -> {3, 4};
version_number('tlsv1.2') -> {3, 3}.

%% All names of TLS options; any other is one of the transport.
-spec names() -> #{atom() => []}.
names() ->
    maps:from_keys(
      [alpn_advertised_protocols, alpn_preferred_protocols, anti_replay, beast_mitigation,
       cacertfile, cacerts, cert, certs_keys, certfile, certificate_authorities, ciphers,
       client_renegotiation, cookie, crl_cache, crl_check, customize_hostname_check, depth, dh,
       dhfile, early_data, eccs, erl_dist, fail_if_no_peer_cert, fallback, handshake,
       hibernate_after, honor_cipher_order, honor_ecc_order, keep_secrets, key, keyfile,
       key_update_at, ktls, log_level, log_alert, max_handshake_size, middlebox_comp_mode,
       max_fragment_length, next_protocols_advertised, client_preferred_next_protocols, stapling,
       padding_check, partial_chain, password, protocol, psk_identity, psk_groups,
       receiver_spawn_opts, renegotiate_at, reuse_session, reuse_sessions, secure_renegotiate,
       sender_spawn_opts, server_name_indication, session_tickets, stateless_tickets_seed,
       signature_algs, signature_algs_cert, sni_fun, sni_hosts, srp_identity, supported_groups,
       use_ticket, use_srtp, user_lookup_fun, verify, verify_fun, cert_policy_opts,
       allow_any_ca_purpose, versions, cb_info], []).
