%%% cssl_close_SUITE - sockets of gen_tcp become TLS and TLS becomes gen_tcp again: with what the
%%% driver had read, with the socket backend, and with bytes behind close_notify.
-module(cssl_close_SUITE).

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([upgrade/1, upgrade_after_lines/1, upgrade_socket_backend/1, upgrade_active/1,
         upgrade_closed/1, downgrade/1, downgrade_rest/1, downgrade_refused/1]).

all() ->
    [upgrade, upgrade_after_lines, upgrade_socket_backend, upgrade_active, upgrade_closed,
     downgrade, downgrade_rest, downgrade_refused].

init_per_suite(Config) ->
    cssl_test:certificates(Config).

end_per_suite(_) ->
    ok.

upgrade(Config) ->
    {S, C} = tcp([]),
    talk(upgraded(Config, S, C)).

%% The driver reads on behind the line: the hello is in its buffer when TLS begins.
upgrade_after_lines(Config) ->
    {S, C} = tcp([{packet, line}]),
    Self = self(),
    Pid = spawn_link(fun() ->
                             ok = gen_tcp:send(C, "STARTTLS\n"),
                             {ok, Client} = cssl:connect(C, client(Config), 5000),
                             ok = cssl:controlling_process(Client, Self),
                             Self ! {self(), Client}
                     end),
    ok = gen_tcp:controlling_process(C, Pid),
    {ok, "STARTTLS\n"} = gen_tcp:recv(S, 0, 5000),
    {ok, Server} = cssl:handshake(S, server(Config), 5000),
    receive {Pid, Client} -> talk({Server, Client}) after 5000 -> error(silent) end.

upgrade_socket_backend(Config) ->
    {S, C} = tcp([{inet_backend, socket}]),
    talk(upgraded(Config, S, C)).

upgrade_active(Config) ->
    {S, C} = tcp([]),
    ok = inet:setopts(S, [{active, true}]),
    {error, {options, {socket_options, _}}} =
        case cssl:handshake(S, server(Config), 5000) of
            {error, _} = Error -> Error
        end,
    gen_tcp:close(C).

upgrade_closed(Config) ->
    {S, C} = tcp([]),
    gen_tcp:close(S),
    {error, _} = cssl:handshake(S, server(Config), 5000),
    gen_tcp:close(C).

downgrade(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}], [{active, false}]),
    Self = self(),
    spawn_link(fun() -> Self ! {plain, cssl:close(C, {Self, 5000})} end),
    {ok, Server} = cssl:close(S, {self(), 5000}),
    Client = receive {plain, {ok, Plain}} -> Plain after 5000 -> error(silent) end,
    {ok, [{active, false}, {mode, binary}, {packet, 0}]} =
        inet:getopts(Server, [active, mode, packet]),
    ok = gen_tcp:send(Client, "plain"),
    {ok, <<"plain">>} = gen_tcp:recv(Server, 5, 5000),
    ok = gen_tcp:send(Server, "words"),
    {ok, <<"words">>} = gen_tcp:recv(Client, 5, 5000),
    {error, closed} = cssl:send(S, "x"),
    gen_tcp:close(Client), gen_tcp:close(Server).

%% What the peer says behind its close_notify is handed out, or waits in the socket.
downgrade_rest(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}], [{active, false}]),
    Self = self(),
    spawn_link(fun() ->
                       {ok, Client} = cssl:close(C, {self(), 5000}),
                       ok = gen_tcp:send(Client, "at once"),
                       Self ! sent,
                       {error, closed} = gen_tcp:recv(Client, 0, 5000)
               end),
    case cssl:close(S, {self(), 5000}) of
        {ok, Server, Rest} -> ok;
        {ok, Server} -> Rest = <<>>
    end,
    receive sent -> ok after 5000 -> error(silent) end,
    More = case 7 - byte_size(Rest) of
               0 -> <<>>;
               Left -> element(2, {ok, _} = gen_tcp:recv(Server, Left, 5000))
           end,
    <<"at once">> = <<Rest/binary, More/binary>>,
    gen_tcp:close(Server).

downgrade_refused(Config) ->
    {S, C} = tcp([]),
    {Server, Client} = upgraded(Config, S, C),
    ok = cssl:shutdown(Client, read_write),
    {error, closed} = cssl:close(Client, {self(), 100}),
    cssl:close(Server).

%%% What the cases share

server(Config) -> [{active, false}, {packet, 0}, binary | cssl_test:options(server, Config)].
client(Config) ->
    [{active, false}, binary, {server_name_indication, "localhost"}
     | cssl_test:options(client, Config)].

tcp(Options) ->
    {Backend, Others} = lists:partition(fun({Key, _}) -> Key =:= inet_backend end, Options),
    {ok, Listen} = gen_tcp:listen(0, Backend ++ [{active, false}, {ip, {127, 0, 0, 1}} | Others]),
    {ok, Port} = inet:port(Listen),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, Backend ++ [{active, false}]),
    {ok, S} = gen_tcp:accept(Listen, 5000),
    gen_tcp:close(Listen),
    {S, C}.

upgraded(Config, S, C) ->
    Self = self(),
    Pid = spawn_link(fun() ->
                             receive go -> ok end,
                             {ok, Client} = cssl:connect(C, client(Config), 5000),
                             ok = cssl:controlling_process(Client, Self),
                             Self ! {self(), Client}
                     end),
    ok = gen_tcp:controlling_process(C, Pid),
    Pid ! go,
    {ok, Server} = cssl:handshake(S, server(Config), 5000),
    receive {Pid, Client} -> {Server, Client} after 5000 -> error(silent) end.

talk({Server, Client}) ->
    ok = cssl:send(Client, "to the server"),
    {ok, <<"to the server">>} = cssl:recv(Server, 13, 5000),
    ok = cssl:send(Server, "to the client"),
    {ok, <<"to the client">>} = cssl:recv(Client, 13, 5000),
    ok = cssl:close(Client),
    ok = cssl:close(Server).
