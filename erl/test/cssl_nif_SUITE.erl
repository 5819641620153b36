%%% cssl_nif_SUITE - the VM never crashes and nothing is left behind: any term for any function of
%%% the library, connections that are killed in every state, many processes on one socket, reactors
%%% that die, the library loaded anew, and a halt under load. What connections mean is tested
%%% elsewhere.
-module(cssl_nif_SUITE).

-import(proper_types, [any/0, binary/0, bind/3, boolean/0, elements/1, frequency/1, integer/0,
                       integer/2, list/1, nat/0, oneof/1]).

-export([all/0, init_per_suite/1, end_per_suite/1, end_per_testcase/2]).
-export([any_terms/1, names_are_not_ignored/1, wrong_roles/1, closed_is_heard/1, turns_of_dead/1,
         killed_at_random/1, shared_sockets/1, reactors_die/1, listeners_queue/1, loaded_again/1,
         halt_under_load/1]).
-export([loaded_node/2]).

-define(TESTS, 3000).

all() ->
    [any_terms, names_are_not_ignored, wrong_roles, closed_is_heard, turns_of_dead,
     killed_at_random, shared_sockets, reactors_die, listeners_queue, loaded_again,
     halt_under_load].

init_per_suite(Config) ->
    {ok, _} = application:ensure_all_started(ssl),
    cssl_test:certificates(Config).

end_per_suite(_) ->
    ok.

end_per_testcase(_, _) ->
    cssl_test:flush(),
    ok.

%%% Any term for any function

any_terms(Config) ->
    Fixtures = fixtures(Config),
    Calls = [{Name, Arity} || {Name, Arity} <- cssl_nif:module_info(exports),
                              Arity > 0, Name =/= module_info, Name =/= start_reactors,
                              Name =/= set_reactor],
    Property = proper:forall(call(Calls, Fixtures),
                             fun({Name, Arguments}) -> survives(Name, Arguments) end),
    true = proper:quickcheck(Property, [quiet, {numtests, ?TESTS}, {on_output, fun ct:pal/2}]),
    [badarg = (catch_badarg(F, [X])) || F <- [start_reactors], X <- [0, -1, 1025, a, [], {}]],
    [badarg = catch_badarg(set_reactor, [I, P])
     || {I, P} <- [{-1, self()}, {1024, self()}, {0, nobody}, {a, self()}]],
    ok.

%% Half of the arguments are what a function might take, so that more than its first check is met.
call(Calls, Fixtures) ->
    oneof([{Name, [argument(Fixtures) || _ <- lists:seq(1, Arity)]} || {Name, Arity} <- Calls]).

argument(Fixtures) ->
    frequency([{8, elements(Fixtures)}, {2, integer()}, {1, elements([-1, 1 bsl 32, 1 bsl 64])},
               {2, binary()}, {2, word()}, {1, list(integer(0, 255))}, {1, a_map()},
               {1, {boolean(), integer(0, 300), integer(0, 14), nat(), nat(), boolean()}},
               {1, term()}]).

a_map() ->
    bind(list({word(), term()}), fun maps:from_list/1, false).

word() ->
    elements([undefined, true, false, once, client, server, read, write, read_write, peer, sock,
              accept, reject, unknown, 'tlsv1.2', 'tlsv1.3', versions, verify, none, ciphers,
              certs_keys, cert, key, sni_hosts, depth, max_fragment, password, ask_about]).

term() ->
    oneof([any(), make_ref(), self(), fun() -> ok end]).

%% Descriptors are numbers: one of the VM's own must not be met by chance.
survives(Name, [Fd | _]) when (Name =:= open orelse Name =:= listen), is_integer(Fd), Fd >= 0 ->
    true;
survives(Name, Arguments) ->
    try apply(cssl_nif, Name, Arguments) of
        _ -> true
    catch
        error:badarg -> true
    end.

catch_badarg(Name, Arguments) ->
    try apply(cssl_nif, Name, Arguments) catch error:badarg -> badarg end.

%% fixtures(Config): configs, listeners and connections in every phase.
fixtures(Config) ->
    {ok, Server} = server_config(Config),
    {ok, Client} = cssl_nif:config(client, #{verify => none}, []),
    {ok, Tcp} = gen_tcp:listen(0, [binary, {active, false}]),
    {ok, Number} = inet:port(Tcp),
    {ok, Fd} = inet:getfd(Tcp),
    {ok, Listener} = cssl_nif:listen(Fd, Server, self()),
    {ok, Gone} = cssl_nif:listen(Fd, Server, self()),
    ok = cssl_nif:unlisten(Gone),
    Shaking = [begin
                   {ok, C} = gen_tcp:connect("localhost", Number, [{active, false}]),
                   {ok, F} = inet:getfd(C),
                   {ok, Res} = cssl_nif:open(F, Role, Name, Number),
                   Res
               end || {Role, Name} <- [{Client, <<"localhost">>}, {Server, undefined},
                                       {Client, undefined}]],
    Pairs = [cssl_test:pair(Config, [{versions, [V]}, {active, A}], [{versions, [V]}])
             || V <- ['tlsv1.2', 'tlsv1.3'], A <- [true, false]],
    Open = [cssl_socket:resource(S) || {A, B} <- Pairs, S <- [A, B]],
    {Dead, Left} = cssl_test:pair(Config, [], [{active, false}]),
    ok = cssl_nif:drop(cssl_socket:resource(Dead)),
    Closed = [cssl_socket:resource(S) || S <- [Dead, Left]],
    [Server, Client, Listener, Gone] ++ Shaking ++ Open ++ Closed.

server_config(Config) ->
    Options = cssl_test:options(server, Config),
    cssl_nif:config(server, #{certs_keys => [#{certfile => proplists:get_value(certfile, Options),
                                               keyfile => proplists:get_value(keyfile, Options)}]},
                    []).

names_are_not_ignored(_) ->
    {ok, Client} = cssl_nif:config(client, #{}, []),
    {ok, Tcp} = gen_tcp:listen(0, []),
    {ok, Fd} = inet:getfd(Tcp),
    {error, einval} = cssl_nif:open(Fd, Client, binary:copy(<<"a">>, 256), 443),
    {error, einval} = cssl_nif:open(Fd, Client, <<"a", 0, "b">>, 443),
    badarg = catch_badarg(open, [Fd, Client, "localhost", 443]),
    badarg = catch_badarg(open, [Fd, Client, <<"localhost">>, 65536]),
    {error, _} = cssl_nif:open(1 bsl 20, Client, <<"localhost">>, 443).

wrong_roles(Config) ->
    [Server, Client, Listener, _, Shaking | _] = fixtures(Config),
    {ok, Tcp} = gen_tcp:listen(0, []),
    {ok, Fd} = inet:getfd(Tcp),
    badarg = catch_badarg(listen, [Fd, Client, self()]),
    badarg = catch_badarg(listener_config, [Listener, Client]),
    badarg = catch_badarg(continue, [Shaking, Server]),
    badarg = catch_badarg(reconfigure, [Shaking, Server]).

%%% Who waits hears of the end

closed_is_heard(Config) ->
    [begin
         {S, C} = cssl_test:pair(Config, [{active, false}], [{active, false}]),
         Before = descriptors(),
         Self = self(),
         Waiter = spawn_link(fun() -> Self ! {heard, self(), cssl:recv(S, 0)} end),
         waits(Waiter),
         _ = End(S),
         receive {heard, Waiter, {error, closed}} -> ok after 5000 -> error(not_heard) end,
         cssl:close(C),
         eventually(fun() -> descriptors() =< Before - 2 end)
     end || End <- [fun cssl:close/1, fun(S) -> cssl_nif:drop(cssl_socket:resource(S)) end]].

%% A process that dies in the middle of sending gives its turn to the next.
turns_of_dead(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}], [{active, false}]),
    Senders = [spawn(fun() -> cssl:send(S, binary:copy(<<I>>, 20000000)) end)
               || I <- lists:seq(1, 5)],
    [waits(P) || P <- Senders],
    [exit(P, kill) || P <- Senders],
    Self = self(),
    spawn_link(fun() -> Self ! {sent, cssl:send(S, <<"last">>)} end),
    drain(C),
    receive {sent, ok} -> ok after 5000 -> error(no_turn) end,
    [cssl_nif:drop(cssl_socket:resource(X)) || X <- [S, C]].

drain(C) ->
    case cssl:recv(C, 0, 5000) of
        {ok, Data} ->
            case lists:suffix("last", Data) of
                true -> ok;
                false -> drain(C)
            end
    end.

%%% Nothing is left behind

killed_at_random(Config) ->
    Number = case os:getenv("CSSL_SOAK") of false -> 2000; _ -> 10000 end,
    rand:seed(exsss, {4, 5, 6}),
    round_of_kills(Config, Number div 4),
    {Descriptors, Processes, Memory} = left(),
    round_of_kills(Config, Number),
    eventually(fun() -> descriptors() =< Descriptors end),
    eventually(fun() -> length(processes()) =< Processes end),
    {_, _, After} = left(),
    ct:pal("~p connections; memory ~p, then ~p bytes", [Number, Memory, After]),
    true = After < Memory + 4000000.

left() ->
    eventually(fun() -> no_children() end),
    [erlang:garbage_collect(P) || P <- processes()],
    {descriptors(), length(processes()), erlang:memory(total)}.

no_children() -> [] =:= [P || P <- processes(), is_ours(P)].

is_ours(Pid) ->
    case process_info(Pid, dictionary) of
        {dictionary, Dictionary} -> lists:keymember(?MODULE, 1, Dictionary);
        undefined -> false
    end.

round_of_kills(Config, Number) ->
    {ok, Listen} = cssl:listen(0, [{active, false}, binary | cssl_test:options(server, Config)]),
    {ok, {_, Port}} = cssl:sockname(Listen),
    Acceptor = spawn_link(fun() -> accept_all(Listen) end),
    Options = [{active, false}, binary | cssl_test:options(client, Config)],
    [begin
         Batch = [start(fun() -> client(Port, Options) end) || _ <- lists:seq(1, 20)],
         [kill_soon(P, rand:uniform(60)) || P <- Batch],
         [gone(P) || P <- Batch]
     end || _ <- lists:seq(1, Number div 20)],
    unlink(Acceptor),
    exit(Acceptor, kill),
    cssl:close(Listen),
    [exit(P, kill) || P <- processes(), is_ours(P)].

start(Fun) ->
    {Pid, _} = spawn_monitor(fun() -> put(?MODULE, true), Fun() end),
    Pid.

kill_soon(Pid, Ms) -> erlang:send_after(Ms, Pid, stop), erlang:send_after(Ms, self(), {kill, Pid}).

gone(Pid) ->
    receive {kill, Pid} -> exit(Pid, kill) end,
    receive {'DOWN', _, process, Pid, _} -> ok after 10000 -> error(lives) end.

client(Port, Options) ->
    case cssl:connect("localhost", Port, Options, 10000) of
        {ok, S} -> client(S);
        {error, _} -> ok
    end.

client(S) ->
    case rand:uniform(4) of
        1 -> cssl:send(S, binary:copy(<<0>>, 3000000));
        2 -> cssl:recv(S, 0);
        3 -> cssl:setopts(S, [{active, true}]), receive nothing -> ok end;
        4 -> cssl:send(S, <<"x">>), client(S)
    end.

accept_all(Listen) ->
    {ok, S} = cssl:transport_accept(Listen),
    Pid = spawn(fun() ->
                        put(?MODULE, true),
                        receive go -> ok end,
                        server(cssl:handshake(S, 10000))
                end),
    _ = cssl:controlling_process(S, Pid),
    Pid ! go,
    accept_all(Listen).

server({ok, S}) ->
    case rand:uniform(3) of
        1 -> cssl:recv(S, 0);
        2 -> cssl:send(S, binary:copy(<<0>>, 1000000));
        3 -> cssl:setopts(S, [{active, true}]), receive {ssl_closed, S} -> ok end
    end;
server(_) ->
    ok.

%%% Many processes on the same sockets

shared_sockets(Config) ->
    Deadline = erlang:monotonic_time(millisecond) + 5000,
    shared_round(Config, Deadline, 1).

shared_round(Config, Deadline, Round) ->
    {S, C} = cssl_test:pair(Config, [{active, false}], [{active, false}]),
    Resources = [cssl_socket:resource(X) || X <- [S, C]],
    Pids = [start(fun() -> rand:seed(exsss, Round * 100 + I), meddle(S, C, Resources, 60) end)
            || I <- lists:seq(1, 8)],
    [receive {'DOWN', _, process, P, Why} -> normal = Why after 10000 -> error({stuck, P, stuck(P)})
     end || P <- Pids],
    [cssl_nif:drop(R) || R <- Resources],
    cssl_test:flush(),
    case erlang:monotonic_time(millisecond) < Deadline of
        true -> shared_round(Config, Deadline, Round + 1);
        false -> ct:pal("~p rounds", [Round])
    end.

stuck(Pid) -> process_info(Pid, [current_stacktrace, messages]).

meddle(_, _, _, 0) ->
    ok;
meddle(S, C, Resources, Left) ->
    X = lists:nth(rand:uniform(2), [S, C]),
    Res = lists:nth(rand:uniform(2), Resources),
    _ = operation(rand:uniform(16), X, Res, Left),
    meddle(S, C, Resources, Left - 1).

operation(1, X, _, _) -> cssl:recv(X, rand:uniform(100), rand:uniform(5));
operation(2, X, _, _) -> cssl:recv(X, 0, rand:uniform(5));
operation(3, X, _, _) -> cssl:send(X, binary:copy(<<1>>, rand:uniform(100000)));
operation(4, X, _, _) -> cssl:setopts(X, [{active, rand:uniform(3)}]);
operation(5, X, _, _) -> cssl:setopts(X, [{active, false}, {send_timeout, 10}]);
operation(6, X, _, _) -> cssl:setopts(X, [{packet, lists:nth(rand:uniform(3), [raw, 2, line])}]);
operation(7, X, _, _) -> cssl:connection_information(X);
operation(8, X, _, _) -> cssl:getstat(X);
operation(9, _, Res, _) -> cssl_nif:ready(Res);
operation(10, _, Res, _) -> cssl_nif:flush(Res);
operation(11, _, Res, _) -> cssl_nif:cancel(Res, lists:nth(rand:uniform(2), [read, write]));
operation(12, _, Res, _) -> cssl_nif:update_keys(Res, true);
operation(13, X, _, _) -> cssl:peername(X);
operation(14, _, Res, _) -> cssl_nif:renegotiate(Res);
operation(15, X, _, Left) when Left < 10 -> cssl:shutdown(X, write);
operation(16, X, _, Left) when Left < 5 -> cssl:close(X);
operation(_, X, _, _) -> cssl:getopts(X, [active, mode]).

%%% Reactors

reactors_die(Config) ->
    Pairs = [cssl_test:pair(Config, [{active, true}, binary], [{active, true}, binary])
             || _ <- lists:seq(1, 10)],
    [begin
         Old = reactors(),
         [exit(P, kill) || P <- Old],
         eventually(fun() ->
                            New = reactors(),
                            length(New) =:= length(Old) andalso New -- Old =:= New
                    end),
         [exchange(S, C, integer_to_binary(Round)) || {S, C} <- Pairs]
     end || Round <- [1, 2]],
    [begin
         ok = cssl:close(C),
         receive {ssl_closed, S} -> ok after 5000 -> error(not_told) end
     end || {S, C} <- Pairs].

reactors() ->
    try supervisor:which_children(cssl_reactor) of
        Children -> [Pid || {{reactor, _}, Pid, _, _} <- Children, is_pid(Pid)]
    catch
        exit:_ -> []
    end.

exchange(S, C, Data) ->
    ok = cssl:send(C, Data),
    receive {ssl, S, Data} -> ok after 5000 -> error(silent_server) end,
    ok = cssl:send(S, Data),
    receive {ssl, C, Data} -> ok after 5000 -> error(silent_client) end.

%%% Listeners

%% Of many who wait each gets one, those that die or give up none, and no message is left over.
listeners_queue(Config) ->
    {ok, Listen} = cssl:listen(0, cssl_test:options(server, Config)),
    {ok, {_, Port}} = cssl:sockname(Listen),
    Self = self(),
    Waiters = [spawn(fun() ->
                             {ok, S} = cssl:transport_accept(Listen, 10000),
                             Self ! {accepted, self(), S, process_info(self(), messages)},
                             receive stop -> ok end
                     end) || _ <- lists:seq(1, 20)],
    [waits(P) || P <- Waiters],
    {Dying, Living} = lists:split(10, Waiters),
    [exit(P, kill) || P <- Dying],
    {error, timeout} = cssl:transport_accept(Listen, 1),
    Tcps = [begin {ok, T} = gen_tcp:connect("localhost", Port, []), T end || _ <- Living],
    [receive {accepted, P, _, {messages, []}} -> ok after 5000 -> error(not_accepted) end
     || P <- Living],
    Last = spawn(fun() -> Self ! {last, cssl:transport_accept(Listen, 10000)} end),
    waits(Last),
    ok = cssl:close(Listen),
    receive {last, {error, closed}} -> ok after 5000 -> error(not_told) end,
    [P ! stop || P <- Living],
    [gen_tcp:close(T) || T <- Tcps].

%%% Loaded again, and a halt

loaded_again(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, true}, binary], [{active, true}, binary]),
    {Passive, Sender} = cssl_test:pair(Config, [{active, false}, binary], []),
    Self = self(),
    Waiter = spawn_link(fun() -> Self ! {self(), cssl:recv(Passive, 0)} end),
    waits(Waiter),
    [begin
         {module, cssl_nif} = code:load_file(cssl_nif),
         exchange(S, C, integer_to_binary(I)),
         _ = code:purge(cssl_nif)
     end || I <- [1, 2, 3]],
    ok = cssl:send(Sender, "there"),
    receive {Waiter, {ok, <<"there">>}} -> ok after 5000 -> error(lost) end,
    [cssl:close(X) || X <- [S, C, Passive, Sender]].

halt_under_load(Config) ->
    Ebin = filename:join([cssl_test:build(), "erl", "cssl", "ebin"]),
    Here = filename:dirname(code:which(?MODULE)),
    Certs = proplists:get_value(certs, Config),
    [begin
         Eval = lists:flatten(io_lib:format("~p:loaded_node(~p, ~p).", [?MODULE, Certs, I])),
         Port = open_port({spawn_executable, os:find_executable("erl")},
                          [{args, ["-noshell", "-noinput", "-pa", Ebin, Here, "-eval", Eval]},
                           exit_status, stderr_to_stdout, binary]),
         0 = exit_status(Port)
     end || I <- lists:seq(1, 3)].

exit_status(Port) ->
    receive
        {Port, {exit_status, Status}} -> Status;
        {Port, {data, Data}} -> ct:pal("~s", [Data]), exit_status(Port)
    after 20000 -> error(does_not_halt)
    end.

-spec loaded_node(file:filename(), pos_integer()) -> no_return().
loaded_node(Certs, Round) ->
    Config = [{certs, Certs}],
    {ok, _} = application:ensure_all_started(ssl),
    {ok, Listen} = cssl:listen(0, [{active, false} | cssl_test:options(server, Config)]),
    {ok, {_, Port}} = cssl:sockname(Listen),
    Options = [{active, false} | cssl_test:options(client, Config)],
    Self = self(),
    spawn(fun() -> accept_all(Listen) end),
    [spawn(fun() -> connect_on(Self, Port, Options) end) || _ <- lists:seq(1, 8)],
    [receive connected -> ok end || _ <- lists:seq(1, 30 * Round)],
    erlang:halt(0, [{flush, false}]).

connect_on(Pid, Port, Options) ->
    {ok, S} = cssl:connect("localhost", Port, Options),
    Pid ! connected,
    _ = cssl:send(S, binary:copy(<<0>>, 100000)),
    connect_on(Pid, Port, Options).

%%% Helpers

descriptors() ->
    {ok, Names} = file:list_dir("/proc/self/fd"),
    length(Names).

%% waits(Pid) returns when Pid waits for a message.
waits(Pid) ->
    eventually(fun() -> process_info(Pid, status) =:= {status, waiting} end).

eventually(Fun) ->
    eventually(Fun, erlang:monotonic_time(millisecond) + 10000).

eventually(Fun, Deadline) ->
    case Fun() of
        true ->
            ok;
        false ->
            erlang:monotonic_time(millisecond) < Deadline orelse error(never),
            receive after 5 -> ok end,
            eventually(Fun, Deadline)
    end.
