%%% cssl_basic_SUITE - the main job: connect, send, receive, close, in each direction and version,
%%% by cssl at both ends, by cssl and OTP's ssl, and by the drop-in in a node of its own.
-module(cssl_basic_SUITE).

-include_lib("common_test/include/ct.hrl").
-include_lib("stdlib/include/assert.hrl").

-export([all/0, groups/0, init_per_suite/1, end_per_suite/1, init_per_group/2, end_per_group/2]).
-export([passive/1, once/1, always/1, counted/1, large/1, peer_closes/1, mutual/1, untrusted/1,
         wrong_name/1, socket_term/1, information/1, tutorial/1, old_accept/1]).

all() ->
    [{group, tls12}, {group, tls13}, {group, otp_server}, {group, otp_client}, socket_term,
     untrusted, wrong_name, information, tutorial, old_accept].

groups() ->
    Cases = [passive, once, always, counted, large, peer_closes, mutual],
    [{tls12, [], Cases}, {tls13, [], Cases}, {otp_server, [], Cases}, {otp_client, [], Cases}].

init_per_suite(Config) ->
    {ok, _} = application:ensure_all_started(ssl),
    cssl_test:certificates(Config).

end_per_suite(_) ->
    ok.

init_per_group(tls12, Config) -> [{versions, [{versions, ['tlsv1.2']}]} | Config];
init_per_group(tls13, Config) -> [{versions, [{versions, ['tlsv1.3']}]} | Config];
init_per_group(otp_server, Config) -> [{server, ssl} | Config];
init_per_group(otp_client, Config) -> [{client, ssl} | Config].

end_per_group(_, _) ->
    ok.

%%% Cases

passive(Config) ->
    {S, C} = pair(Config, [{active, false}, binary], [{active, false}]),
    ok = send(C, "hello"),
    {ok, <<"hel">>} = recv(S, 3),
    {ok, <<"lo">>} = recv(S, 0),
    ok = send(S, [<<"a">>, $b, ["c"]]),
    {ok, "abc"} = recv(C, 3),
    {error, timeout} = recv(C, 1, 10),
    ok = send(S, "later"),
    {ok, "later"} = recv(C, 5),
    close(C),
    {error, closed} = recv(S, 0).

once(Config) ->
    {S, C} = pair(Config, [{active, once}, binary], [{active, false}]),
    {_, Socket} = S,
    ok = send(C, "one"),
    receive {ssl, Socket, <<"one">>} -> ok after 5000 -> error(silent) end,
    ok = send(C, "two"),
    {ok, "x"} = {send(S, "x"), element(2, recv(C, 1))},
    [] = cssl_test:flush(),
    ok = setopts(S, [{active, once}]),
    receive {ssl, Socket, <<"two">>} -> ok after 5000 -> error(silent) end,
    close(C), close(S).

always(Config) ->
    {S, C} = pair(Config, [{active, true}, binary], [{active, true}]),
    {_, Server} = S, {_, Client} = C,
    [begin
         ok = send(C, integer_to_list(I)),
         Expected = integer_to_binary(I),
         receive {ssl, Server, Expected} -> ok after 5000 -> error({silent, I}) end,
         ok = send(S, [I rem 256]),
         Reply = [I rem 256],
         receive {ssl, Client, Reply} -> ok after 5000 -> error({silent, I}) end
     end || I <- lists:seq(1, 200)],
    close(C),
    receive {ssl_closed, Server} -> ok after 5000 -> error(not_told) end,
    [] = cssl_test:flush().

counted(Config) ->
    {S, C} = pair(Config, [{active, 2}, binary], [{active, false}]),
    {_, Server} = S,
    [begin
         ok = send(C, [I]),
         receive {ssl, Server, <<I>>} -> ok after 5000 -> error(silent) end
     end || I <- [1, 2]],
    receive {ssl_passive, Server} -> ok after 5000 -> error(not_passive) end,
    {ok, [{active, false}]} = getopts(S, [active]),
    ok = setopts(S, [{active, 3}]),
    {ok, [{active, 3}]} = getopts(S, [active]),
    ok = setopts(S, [{active, -3}]),
    receive {ssl_passive, Server} -> ok after 5000 -> error(not_passive) end,
    close(C), close(S).

large(Config) ->
    {S, C} = pair(Config, [{active, false}, binary], [{active, false}, binary]),
    Data = crypto:strong_rand_bytes(3000000),
    Self = self(),
    spawn_link(fun() -> Self ! {sent, send(C, Data)} end),
    {ok, Data} = recv(S, byte_size(Data)),
    receive {sent, ok} -> ok after 5000 -> error(not_sent) end,
    close(C), close(S).

peer_closes(Config) ->
    {S, C} = pair(Config, [{active, false}, binary], [{active, true}, binary]),
    {_, Client} = C,
    ok = send(S, "last words"),
    close(S),
    receive {ssl, Client, <<"last words">>} -> ok after 5000 -> error(silent) end,
    receive {ssl_closed, Client} -> ok after 5000 -> error(not_told) end,
    {error, closed} = send(C, "too late").

mutual(Config) ->
    {S, C} = pair(Config, [{active, false} | cssl_test:options(mutual_server, Config)],
                  [{active, false} | cssl_test:options(mutual_client, Config)]),
    {ServerModule, Server} = S,
    {ok, Der} = ServerModule:peercert(Server),
    #{} = public_key:pkix_subject_id(Der) =/= undefined andalso #{},
    ok = send(C, "x"),
    {ok, "x"} = recv(S, 1),
    close(C), close(S).

socket_term(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, once}], [{active, false}]),
    sslsocket = element(1, S),
    ok = cssl:send(C, "x"),
    receive {ssl, Socket, "x"} -> ?assert(Socket =:= S) end,
    #{S := found} = #{S => found},
    {ok, [{recv_oct, N}]} = inet:getstat(element(2, element(2, S)), [recv_oct]),
    ?assert(N > 100),
    {ok, {{127, 0, 0, 1}, _}} = inet:peername(element(2, element(2, S))),
    {ok, [{nodelay, _}]} = inet:getopts(element(2, element(2, S)), [nodelay]),
    cssl:close(C), cssl:close(S).

untrusted(Config) ->
    {_, Port} = cssl_test:serve(cssl, cssl_test:options(server, Config),
                                fun(S) -> cssl:handshake(S, 5000) end),
    Wrong = [{verify, verify_peer}, {cacertfile, filename:join(?config(certs, Config),
                                                               "client.pem")}],
    {error, {tls_alert, {unknown_ca, Text}}} = cssl:connect("localhost", Port, Wrong, 5000),
    ?assertMatch({match, _}, re:run(Text, "TLS client: .*generated CLIENT ALERT: Fatal")),
    receive {_, result, {error, {tls_alert, {unknown_ca, Received}}}} ->
            ?assertMatch({match, _}, re:run(Received, "received CLIENT ALERT: Fatal"))
    after 5000 -> error(not_told)
    end.

wrong_name(Config) ->
    {_, Port} = cssl_test:serve(cssl, cssl_test:options(server, Config),
                                fun(S) -> cssl:handshake(S, 5000) end),
    Options = [{server_name_indication, "example.com"} | cssl_test:options(client, Config)],
    {error, {tls_alert, {_, Text}}} = cssl:connect("localhost", Port, Options, 5000),
    ?assertMatch({match, _}, re:run(Text, "hostname_check_failed")).

information(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}, {alpn_preferred_protocols, [<<"h2">>]},
                                     {keep_secrets, true}],
                            [{active, false}, {alpn_advertised_protocols, [<<"h2">>]},
                             {keep_secrets, false}]),
    {ok, <<"h2">>} = cssl:negotiated_protocol(C),
    {ok, [{keylog, [_, _, _, _ | _]}]} = cssl:connection_information(S, [keylog]),
    {ok, []} = cssl:connection_information(C, [keylog]),
    {ok, [{protocol, 'tlsv1.3'}]} = cssl:connection_information(S, [protocol]),
    {ok, [A]} = cssl:export_key_materials(S, [<<"EXPORTER-x">>], [<<"c">>], [32]),
    {ok, [A]} = cssl:export_key_materials(C, [<<"EXPORTER-x">>], [<<"c">>], [32]),
    {ok, All} = cssl:connection_information(S),
    [] = [Key || {Key, _} <- All, lists:member(Key, [key, password, certs_keys])],
    ok = cssl:update_keys(C, read_write),
    ok = cssl:send(C, "after"),
    {ok, "after"} = cssl:recv(S, 5),
    cssl:close(C), cssl:close(S).

%% The programs of examples/erlang, as they are, over the drop-in.
tutorial(Config) ->
    {ok, Peer, _} = cssl_test:node([]),
    Certs = ?config(certs, Config),
    ok = peer:call(Peer, file, set_cwd, [Certs]),
    Server = peer:call(Peer, erlang, spawn, [ssl_server, start, [0]]),
    true = is_pid(Server),
    Port = port(Peer, 100),
    "Hello, secure world!" = peer:call(Peer, ssl_client, connect, [Port]),
    true = lists:suffix("dropin/ebin/ssl.beam", peer:call(Peer, code, which, [ssl])),
    peer:stop(Peer).

port(_, 0) -> error(no_listener);
port(Peer, Left) ->
    case peer:call(Peer, persistent_term, get, [ssl_server_port, none]) of
        none -> receive after 20 -> port(Peer, Left - 1) end;
        Port -> Port
    end.

old_accept(Config) ->
    {_, Port} = cssl_test:serve(cssl, cssl_test:options(server, Config),
                                fun(S) -> {cssl:ssl_accept(S), cssl:send(S, "x")} end),
    Options = [{active, false} | cssl_test:options(client, Config)],
    {ok, C} = cssl:connect("localhost", Port, Options),
    {ok, "x"} = cssl:recv(C, 0),
    receive {_, result, {ok, ok}} -> ok after 5000 -> error(not_accepted) end,
    cssl:close(C).

%%% Both ends, each with the module that it belongs to

pair(Config, ServerOptions, ClientOptions) ->
    Versions = proplists:get_value(versions, Config, []),
    Server = proplists:get_value(server, Config, cssl),
    Client = proplists:get_value(client, Config, cssl),
    {ok, Listen} = Server:listen(0, Versions ++ ServerOptions ++
                                     cssl_test:options(server, Config)),
    {ok, {_, Port}} = Server:sockname(Listen),
    Self = self(),
    Pid = spawn_link(fun() ->
                             {ok, Accepted} = Server:transport_accept(Listen, 5000),
                             ok = Server:controlling_process(Accepted, Self),
                             {ok, Socket} = Server:handshake(Accepted, 5000),
                             Self ! {self(), Socket}
                     end),
    {ok, Connected} = Client:connect("localhost", Port, Versions ++ ClientOptions ++
                                         cssl_test:options(client, Config), 5000),
    receive
        {Pid, Socket} -> {{Server, Socket}, {Client, Connected}}
    after 5000 -> error(no_server)
    end.

send({Module, Socket}, Data) -> Module:send(Socket, Data).
recv(Socket, Length) -> recv(Socket, Length, 5000).
recv({Module, Socket}, Length, Timeout) -> Module:recv(Socket, Length, Timeout).
close({Module, Socket}) -> Module:close(Socket).
setopts({Module, Socket}, Options) -> Module:setopts(Socket, Options).
getopts({Module, Socket}, Names) -> Module:getopts(Socket, Names).
