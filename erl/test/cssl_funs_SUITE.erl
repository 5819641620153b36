%%% cssl_funs_SUITE - the funs that options hold: what they are asked, and what their answers do.
-module(cssl_funs_SUITE).

-include_lib("common_test/include/ct.hrl").
-include_lib("stdlib/include/assert.hrl").
-include_lib("public_key/include/public_key.hrl").

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([events/1, arity_4/1, arity_1/1, overruled/1, refused/1, partial_chain/1, sni_fun/1,
         sni_hosts/1, sni_refused/1, psk/1]).

all() ->
    [events, arity_4, arity_1, overruled, refused, partial_chain, sni_fun, sni_hosts, sni_refused,
     psk].

init_per_suite(Config) ->
    {ok, _} = application:ensure_all_started(ssl),
    cssl_test:certificates(Config).

end_per_suite(_) -> ok.

%%% verify_fun

%% OTP's ssl with the same fun is told the same, in the same order.
events(Config) ->
    Events = fun(Module) ->
                     Self = self(),
                     Fun = fun(Cert, Event, N) ->
                                   Self ! {event, N, kind(Event), serial(Cert)},
                                   verdict(Event, N + 1)
                           end,
                     {S, C} = connected(Module, Config, [], [{verify_fun, {Fun, 0}}]),
                     Module:close(C), cssl:close(S),
                     [{N, Kind, Serial} || {event, N, Kind, Serial} <- cssl_test:flush(),
                                           Kind =/= extension]
             end,
    Ours = Events(cssl),
    ?assertEqual([{K, S} || {_, K, S} <- Events(ssl)], [{K, S} || {_, K, S} <- Ours]),
    ?assertMatch([_ | _], Ours),
    Numbers = [N || {N, _, _} <- Ours],
    ?assertEqual(lists:usort(Numbers), Numbers). % the state is handed on

kind({extension, #'Extension'{}}) -> extension;
kind(Event) -> Event.

verdict({bad_cert, _} = Fault, _) -> {fail, Fault};
verdict({extension, _}, State) -> {unknown, State};
verdict(_, State) -> {valid, State}.

serial(#'OTPCertificate'{tbsCertificate = #'OTPTBSCertificate'{serialNumber = Serial}}) -> Serial.

arity_4(Config) ->
    Self = self(),
    Fun = fun(Cert, Der, Event, St) ->
                  Cert = public_key:pkix_decode_cert(Der, otp),
                  Self ! {der, Der},
                  verdict(Event, St)
          end,
    {S, C} = connected(cssl, Config, [], [{verify_fun, {Fun, []}}]),
    {ok, Leaf} = cssl:peercert(C),
    ?assert(lists:member({der, Leaf}, cssl_test:flush())),
    cssl:close(C), cssl:close(S).

arity_1(Config) ->
    Wrong = [{cacertfile, file(Config, "client.pem")}, {verify, verify_peer}],
    Accept = fun([{bad_cert, unknown_ca}]) -> true; (_) -> false end,
    {S, C} = connected(cssl, Config, [], [{verify_fun, Accept} | Wrong]),
    cssl:close(C), cssl:close(S),
    {error, {tls_alert, {unknown_ca, _}}} =
        fails(Config, [], [{verify_fun, fun(_) -> false end} | Wrong]).

%% A fun may accept what the path's check did not.
overruled(Config) ->
    Fun = fun(_, {bad_cert, hostname_check_failed}, St) -> {valid, St};
             (_, Event, St) -> verdict(Event, St)
          end,
    {S, C} = connected(cssl, Config, [], [{server_name_indication, "example.org"},
                                          {verify_fun, {Fun, []}}]),
    cssl:close(C), cssl:close(S).

refused(Config) ->
    [begin
         Fun = fun(_, valid_peer, _) -> {fail, Why}; (_, Event, St) -> verdict(Event, St) end,
         {error, {tls_alert, {Alert, Text}}} = fails(Config, [], [{verify_fun, {Fun, []}}]),
         ?assertMatch({match, _}, re:run(Text, Printed))
     end || {Why, Alert, Printed} <-
                [{my_own_reason, handshake_failure, "my_own_reason"},
                 {{bad_cert, cert_expired}, certificate_expired, "Certificate Expired\n$"},
                 {{bad_cert, invalid_signature}, bad_certificate, "invalid_signature"},
                 {{bad_cert, {revoked, superseded}}, certificate_revoked, "Certificate Revoked"}]].

%% A certificate that no authority of ours has signed, but whose issuer the fun trusts.
partial_chain(Config) ->
    Ca = der(Config, "ca.pem"),
    Wrong = [{cacertfile, file(Config, "client.pem")}, {verify, verify_peer}],
    {error, {tls_alert, {unknown_ca, _}}} =
        fails(Config, [], [{partial_chain, fun(_) -> unknown_ca end} | Wrong]),
    {error, {tls_alert, {unknown_ca, _}}} =
        fails(Config, [], [{partial_chain, fun(_) -> error(crash) end} | Wrong]),
    Self = self(),
    Trust = fun(Chain) -> Self ! {chain, Chain}, {trusted_ca, lists:last(Chain)} end,
    {S, C} = connected(cssl, Config, [{certs_keys, [#{cert => [der(Config, "server.pem"), Ca],
                                                      keyfile => file(Config, "server.key")}]}],
                       [{partial_chain, Trust} | Wrong]),
    receive {chain, [_ | _]} -> ok after 0 -> error(not_asked) end,
    cssl:close(C), cssl:close(S).

%%% Servers by name

sni_fun(Config) ->
    Self = self(),
    Fun = fun("localhost") -> Self ! asked, [{alpn_preferred_protocols, [<<"x">>]}];
             (_) -> undefined
          end,
    by_name(Config, {sni_fun, Fun}),
    receive asked -> ok after 0 -> error(not_asked) end.

sni_hosts(Config) ->
    by_name(Config, {sni_hosts, [{"localhost", [{alpn_preferred_protocols, [<<"x">>]}]},
                                 {"other", []}]}).

by_name(Config, Option) ->
    {S, C} = connected(cssl, Config, [Option], [{alpn_advertised_protocols, [<<"x">>]}]),
    {ok, <<"x">>} = cssl:negotiated_protocol(C),
    cssl:close(C), cssl:close(S),
    {S1, C1} = connected(cssl, Config, [Option], [{alpn_advertised_protocols, [<<"x">>]},
                                                  {server_name_indication, disable}]),
    {error, protocol_not_negotiated} = cssl:negotiated_protocol(C1),
    cssl:close(C1), cssl:close(S1).

sni_refused(Config) ->
    {error, {tls_alert, {unrecognized_name, _}}} =
        fails(Config, [{sni_fun, fun(_) -> unrecognized end}], []),
    {error, {tls_alert, {handshake_failure, _}}} =
        fails(Config, [{sni_fun, fun(_) -> error(crash) end}], []).

%%% Keys

psk(Config) ->
    Key = crypto:strong_rand_bytes(32),
    Lookup = fun(psk, _, State) -> {ok, State}; (_, _, _) -> error end,
    Options = fun(Secret) -> [{versions, ['tlsv1.2']}, {user_lookup_fun, {Lookup, Secret}},
                              {ciphers, ["TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"]}] end,
    Client = [{psk_identity, "me"}, {verify, verify_none}],
    {S, C} = connected(cssl, Config, Options(Key), Client ++ Options(Key)),
    cssl:close(C), cssl:close(S),
    {error, {tls_alert, _}} = fails(Config, Options(Key),
                                    Client ++ Options(crypto:strong_rand_bytes(32))).

%%% Connections

file(Config, Name) -> filename:join(?config(certs, Config), Name).

der(Config, Name) ->
    {ok, Pem} = file:read_file(file(Config, Name)),
    [{_, Der, _} | _] = public_key:pem_decode(Pem),
    Der.

%% The identity of the options takes the place of the suite's.
server(Config, Options) ->
    case lists:any(fun(Key) -> lists:keymember(Key, 1, Options) end, [cert, certs_keys]) of
        true -> Options;
        false -> Options ++ cssl_test:options(server, Config)
    end.

client(Config, Options) ->
    Given = [Key || {Key, _} <- Options],
    Usual = [O || {Key, _} = O <- cssl_test:options(client, Config), not lists:member(Key, Given)],
    case lists:member(cacerts, Given) of
        true -> Options ++ lists:keydelete(cacertfile, 1, Usual);
        false -> Options ++ Usual
    end.

connected(Module, Config, ServerOptions, ClientOptions) ->
    Self = self(),
    {_, Port} = cssl_test:serve(cssl, [{active, false} | server(Config, ServerOptions)],
                                fun(S) ->
                                        {ok, Open} = cssl:handshake(S, 5000),
                                        ok = cssl:controlling_process(Open, Self),
                                        Open
                                end),
    {ok, Client} = Module:connect("localhost", Port, [{active, false}
                                                      | client(Config, ClientOptions)], 5000),
    receive {_, result, Server} -> {Server, Client} after 5000 -> error(no_server) end.

fails(Config, ServerOptions, ClientOptions) ->
    {_, Port} = cssl_test:serve(cssl, server(Config, ServerOptions),
                                fun(S) -> cssl:handshake(S, 5000) end),
    Result = cssl:connect("localhost", Port, client(Config, ClientOptions), 5000),
    receive {_, result, {error, _}} -> ok after 5000 -> error(no_server) end,
    Result.
