%%% cssl_handshake_SUITE - the handshake: its pause at the hello, its failures and their terms, and
%%% what options of TLS make of it.
-module(cssl_handshake_SUITE).

-include_lib("common_test/include/ct.hrl").
-include_lib("stdlib/include/assert.hrl").

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([continue_with_options/1, bare_extensions/1,
         cancel/1, timeout/1, no_tls/1, closes/1, no_version/1, no_alpn/1, no_file/1,
         no_certificate_12/1, no_certificate_13/1, fragments/1, secrets/1]).

all() ->
    [continue_with_options, bare_extensions, cancel, timeout,
     no_tls, closes, no_version, no_alpn, no_file, no_certificate_12, no_certificate_13,
     fragments, secrets].

init_per_suite(Config) ->
    {ok, _} = application:ensure_all_started(ssl),
    cssl_test:certificates(Config).

end_per_suite(_) -> ok.

-define(ALPN, {alpn_advertised_protocols, [<<"h2">>, <<"x">>]}).

%%% The pause at the hello

%% A server takes more options when it knows who is asked for.
continue_with_options(Config) ->
    More = cssl_test:options(server, Config) -- [{reuseaddr, true}],
    {_, Port} = cssl_test:serve(cssl, [{handshake, hello} | cssl_test:options(server, Config)],
                                fun(S) ->
                                        {ok, Paused, #{sni := "localhost"}} =
                                            cssl:handshake(S, 5000),
                                        {ok, Open} = cssl:handshake_continue(
                                                       Paused, [{alpn_preferred_protocols,
                                                                 [<<"x">>]} | More], 5000),
                                        cssl:negotiated_protocol(Open)
                                end),
    {ok, C} = cssl:connect("localhost", Port, [?ALPN | cssl_test:options(client, Config)], 5000),
    {ok, <<"x">>} = cssl:negotiated_protocol(C),
    receive {_, result, {ok, <<"x">>}} -> ok after 5000 -> error(no_server) end,
    cssl:close(C).

%% With options of its own handshake/3 gives the extensions without the socket, as OTP's does.
bare_extensions(Config) ->
    {_, Port} = cssl_test:serve(cssl, [{handshake, hello} | cssl_test:options(server, Config)],
                                fun(S) ->
                                        {ok, #{sni := Name}} =
                                            cssl:handshake(S, [{active, false}], 5000),
                                        {ok, _} = cssl:handshake_continue(S, [], 5000),
                                        Name
                                end),
    {ok, C} = cssl:connect("localhost", Port, cssl_test:options(client, Config), 5000),
    receive {_, result, "localhost"} -> ok after 5000 -> error(no_server) end,
    cssl:close(C).

cancel(Config) ->
    {_, Port} = cssl_test:serve(cssl, [{handshake, hello} | cssl_test:options(server, Config)],
                                fun(S) ->
                                        {ok, Paused, _} = cssl:handshake(S, 5000),
                                        ok = cssl:handshake_cancel(Paused),
                                        cssl:handshake_continue(Paused, [], 5000)
                                end),
    {error, Why} = cssl:connect("localhost", Port, cssl_test:options(client, Config), 5000),
    ?assert(Why =:= closed orelse element(1, element(2, Why)) =:= user_canceled),
    receive {_, result, {error, closed}} -> ok after 5000 -> error(no_server) end.

%%% Failures

%% A handshake that takes too long takes the connection with it.
timeout(Config) ->
    {_, Port} = cssl_test:serve(cssl, cssl_test:options(server, Config),
                                fun(S) -> {cssl:handshake(S, 20), cssl:send(S, "x")} end),
    {ok, Tcp} = gen_tcp:connect("localhost", Port, [{active, false}, binary]),
    receive {_, result, {{error, timeout}, {error, closed}}} -> ok after 5000 -> error(late) end,
    {error, closed} = last_words(Tcp).

last_words(Tcp) ->
    case gen_tcp:recv(Tcp, 0, 5000) of
        {ok, _} -> last_words(Tcp); % an alert
        Error -> Error
    end.

no_tls(Config) ->
    Port = plain(<<"HTTP/1.0 400 Bad Request\r\n\r\n">>),
    {error, {tls_alert, {Name, Text}}} =
        cssl:connect("localhost", Port, cssl_test:options(client, Config), 5000),
    ?assert(is_atom(Name)),
    ?assertMatch({match, _}, re:run(Text, "^TLS client: In state .* generated CLIENT ALERT")).

closes(Config) ->
    Port = plain(<<>>),
    {error, closed} = cssl:connect("localhost", Port, cssl_test:options(client, Config), 5000).

plain(Words) ->
    Self = self(),
    spawn_link(fun() ->
                       {ok, Listen} = gen_tcp:listen(0, [{active, false}, binary]),
                       {ok, Number} = inet:port(Listen),
                       Self ! {port, Number},
                       {ok, Tcp} = gen_tcp:accept(Listen),
                       {ok, _} = gen_tcp:recv(Tcp, 0, 5000),
                       ok = gen_tcp:send(Tcp, Words),
                       ok = gen_tcp:shutdown(Tcp, write),
                       _ = gen_tcp:recv(Tcp, 0, 5000)
               end),
    receive {port, Port} -> Port after 5000 -> error(no_port) end.

no_version(Config) ->
    both_fail(Config, [{versions, ['tlsv1.3']}], [{versions, ['tlsv1.2']}], protocol_version).

no_alpn(Config) ->
    both_fail(Config, [{alpn_preferred_protocols, [<<"y">>]}], [?ALPN], no_application_protocol).

both_fail(Config, ServerOptions, ClientOptions, Name) ->
    {_, Port} = cssl_test:serve(cssl, ServerOptions ++ cssl_test:options(server, Config),
                                fun(S) -> cssl:handshake(S, 5000) end),
    {error, {tls_alert, {Name, Received}}} =
        cssl:connect("localhost", Port, ClientOptions ++ cssl_test:options(client, Config), 5000),
    ?assertMatch({match, _}, re:run(Received, "^TLS client: .* received SERVER ALERT: Fatal")),
    receive
        {_, result, {error, {tls_alert, {Name, Text}}}} ->
            ?assertMatch({match, _}, re:run(Text, "^TLS server: .* generated SERVER ALERT: Fatal"))
    after 5000 -> error(no_server)
    end.

no_file(Config) ->
    File = {certfile, "/no/such.pem"},
    {error, {options, Fault}} = cssl:listen(0, [File]),
    Options = [File | cssl_test:options(client, Config)],
    {ok, Tcp} = gen_tcp:listen(0, []),
    {ok, Port} = inet:port(Tcp),
    {error, {options, _}} = cssl:connect("localhost", Port, Options, 5000),
    ?assertEqual(certfile, element(1, Fault)),
    ?assertMatch({match, _}, re:run(cssl:format_error({error, {options, Fault}}), "no such file")).

no_certificate_12(Config) ->
    {_, Port} = cssl_test:serve(cssl, [{versions, ['tlsv1.2']}
                                       | cssl_test:options(mutual_server, Config)],
                                fun(S) -> cssl:handshake(S, 5000) end),
    {error, {tls_alert, {handshake_failure, _}}} =
        cssl:connect("localhost", Port, cssl_test:options(client, Config), 5000),
    receive {_, result, {error, {tls_alert, {handshake_failure, _}}}} -> ok
    after 5000 -> error(no_server)
    end.

%% In TLS 1.3 the client has finished before the server says what it lacks.
no_certificate_13(Config) ->
    {_, Port} = cssl_test:serve(cssl, [{versions, ['tlsv1.3']}
                                       | cssl_test:options(mutual_server, Config)],
                                fun(S) -> cssl:handshake(S, 5000) end),
    {ok, C} = cssl:connect("localhost", Port, [{active, false}
                                               | cssl_test:options(client, Config)], 5000),
    {error, {tls_alert, {certificate_required, _}}} = cssl:recv(C, 0, 5000),
    receive {_, result, {error, {tls_alert, {certificate_required, _}}}} -> ok
    after 5000 -> error(no_server)
    end.

%%% What options make of it

fragments(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}], [{active, false},
                                                        {max_fragment_length, 512}]),
    {ok, [{max_fragment_length, 512}]} = cssl:connection_information(C, [max_fragment_length]),
    Data = lists:duplicate(5000, $x),
    ok = cssl:send(S, Data),
    {ok, Data} = cssl:recv(C, 5000, 5000),
    cssl:close(C), cssl:close(S).

secrets(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}, {keep_secrets, true}],
                            [{active, false}, {keep_secrets, true}]),
    {ok, [{keylog, Lines}]} = cssl:connection_information(C, [keylog]),
    {ok, [{keylog, Theirs}]} = cssl:connection_information(S, [keylog]),
    ?assertEqual(lists:sort(Lines), lists:sort(Theirs)),
    [?assert(lists:any(fun(L) -> lists:prefix(Label, L) end, Lines))
     || Label <- ["CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "]],
    cssl:close(C), cssl:close(S).
