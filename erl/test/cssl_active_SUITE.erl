%%% cssl_active_SUITE - who is told what, and when: active modes and their counts, data and ends
%%% that came while a socket was passive, recv beside recv, owners that die.
-module(cssl_active_SUITE).

-include_lib("stdlib/include/assert.hrl").

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([counts/1, order_on_heap/1, order_off_heap/1, data_waits/1, end_waits/1, two_recvs/1,
         recv_and_close/1, recv_and_active/1, recv_timeout/1, owner_dies/1, owner_dies_early/1,
         dead_owner/1, gives_away/1, peer_end_is_noticed/1, late_alert/1, late_alert_active/1,
         closed_errors/1, option_errors/1]).

all() ->
    [counts, order_on_heap, order_off_heap, data_waits, end_waits, two_recvs, recv_and_close,
     recv_and_active, recv_timeout, owner_dies, owner_dies_early, dead_owner, gives_away,
     peer_end_is_noticed, late_alert, late_alert_active, closed_errors, option_errors].

init_per_suite(Config) ->
    cssl_test:certificates(Config).

end_per_suite(_) ->
    ok.

counts(Config) ->
    {S, C} = pair(Config),
    ok = cssl:setopts(S, [{active, 3}]),
    [begin ok = cssl:send(C, [I]), <<I>> = data(S) end || I <- [1, 2, 3]],
    receive {ssl_passive, S} -> ok after 5000 -> error(not_passive) end,
    ok = cssl:send(C, "4"),
    {ok, <<"4">>} = cssl:recv(S, 1, 5000),
    ok = cssl:setopts(S, [{active, 10}]),
    ok = cssl:setopts(S, [{active, -4}]),
    {ok, [{active, 6}]} = cssl:getopts(S, [active]),
    TooMany = {error, {options, {socket_options, {active, 32767}}}},
    TooMany = cssl:setopts(S, [{active, 32767}]),
    ok = cssl:setopts(S, [{active, -6}]),
    receive {ssl_passive, S} -> ok after 5000 -> error(not_passive) end,
    ok = cssl:setopts(S, [{active, 0}]),
    receive {ssl_passive, S} -> ok after 5000 -> error(not_passive) end,
    {ok, [{active, false}]} = cssl:getopts(S, [active]),
    ends(S, C).

order_on_heap(Config) -> order(Config, on_heap).
order_off_heap(Config) -> order(Config, off_heap).

%% Whoever asks for the next message, they come as they were sent.
order(Config, Where) ->
    {S, C} = pair(Config),
    Number = 3000,
    Parent = self(),
    Owner = spawn_opt(fun() ->
                              receive go -> ok end,
                              ok = cssl:setopts(S, [{active, once}]),
                              Parent ! {self(), in_order(S, 1, 4 * Number, <<>>)}
                      end, [link, {message_queue_data, Where}]),
    ok = cssl:controlling_process(S, Owner),
    Owner ! go,
    Helper = spawn_link(fun() -> help(S) end),
    [ok = cssl:send(C, <<I:32>>) || I <- lists:seq(1, Number)],
    receive {Owner, Result} -> ok = Result after 20000 -> error(slow) end,
    unlink(Helper), exit(Helper, kill),
    cssl:close(C).

help(S) ->
    _ = cssl:setopts(S, [{active, once}]),
    erlang:yield(),
    help(S).

in_order(_, _, 0, _) -> ok;
in_order(S, Next, Left, <<Next:32, Rest/binary>>) -> in_order(S, Next + 1, Left - 4, Rest);
in_order(_, Next, _, <<Got:32, _/binary>>) -> {wanted, Next, got, Got};
in_order(S, Next, Left, Part) ->
    receive
        {ssl, S, Data} ->
            ok = cssl:setopts(S, [{active, once}]),
            in_order(S, Next, Left, <<Part/binary, Data/binary>>)
    after 10000 -> {silent, Next}
    end.

data_waits(Config) ->
    {S, C} = pair(Config),
    ok = cssl:send(C, "before"),
    ok = cssl:send(C, " and after"),
    {ok, <<"be">>} = cssl:recv(S, 2, 5000),
    ok = cssl:setopts(S, [{active, true}]),
    <<"fore and after">> = collect(S, 14, <<>>),
    ends(S, C).

collect(_, 0, All) -> All;
collect(S, Left, All) ->
    Data = data(S),
    collect(S, Left - byte_size(Data), <<All/binary, Data/binary>>).

%% The peer's end is told after the data, and to whoever asks first.
end_waits(Config) ->
    {S, C} = pair(Config),
    ok = cssl:send(C, "last"),
    ok = cssl:close(C, 0),
    [] = cssl_test:flush(),
    ok = cssl:setopts(S, [{active, once}]),
    <<"last">> = data(S),
    [] = cssl_test:flush(),
    ok = cssl:setopts(S, [{active, once}]),
    receive {ssl_closed, S} -> ok after 5000 -> error(not_told) end,
    {error, closed} = cssl:setopts(S, [{active, once}]),
    {error, closed} = cssl:recv(S, 0, 0).

two_recvs(Config) ->
    [begin
         {S, C} = pair(Config),
         ok = cssl:setopts(S, [{packet, Packet}]),
         {Pid, Ref} = waiting(S),
         {error, ealready} = cssl:recv(S, 0, 5000),
         ok = cssl:send(C, "one\n"),
         receive {'DOWN', Ref, _, Pid, {ok, <<"one\n">>}} -> ok after 5000 -> error(hangs) end,
         ok = cssl:send(C, "two\n"),
         {ok, <<"two\n">>} = cssl:recv(S, 0, 5000),
         {Killed, KilledRef} = waiting(S),
         exit(Killed, kill),
         receive {'DOWN', KilledRef, _, _, killed} -> ok end,
         ok = cssl:send(C, "three\n"),
         {ok, <<"three\n">>} = cssl:recv(S, 0, 5000),
         ends(S, C)
     end || Packet <- [raw, line]].

recv_and_close(Config) ->
    [begin
         {S, C} = pair(Config),
         ok = cssl:setopts(S, [{packet, Packet}]),
         {Pid, Ref} = waiting(S),
         cssl:close(S, 0),
         receive {'DOWN', Ref, _, Pid, Why} -> ?assertEqual({error, closed}, Why)
         after 5000 -> error(hangs)
         end,
         cssl:close(C)
     end || Packet <- [raw, line]].

recv_and_active(Config) ->
    {S, C} = pair(Config),
    {Pid, Ref} = waiting(S),
    ok = cssl:setopts(S, [{active, true}]),
    receive {'DOWN', Ref, _, Pid, Why} -> ?assertEqual({error, einval}, Why)
    after 5000 -> error(hangs)
    end,
    ok = cssl:send(C, "x"),
    <<"x">> = data(S),
    ends(S, C).

recv_timeout(Config) ->
    {S, C} = pair(Config),
    {error, timeout} = cssl:recv(S, 5, 1),
    ok = cssl:send(C, "abc"),
    {error, timeout} = cssl:recv(S, 5, 50),
    ok = cssl:send(C, "de"),
    {ok, <<"abcde">>} = cssl:recv(S, 5, 5000),
    {error, timeout} = cssl:recv(S, 0, 0),
    ok = cssl:setopts(S, [{active, true}]),
    {error, einval} = cssl:recv(S, 0, 0),
    [] = cssl_test:flush(),
    ends(S, C).

%% An owner that dies ends the connection, in whatever state it is.
owner_dies(Config) ->
    [begin
         {S, C} = pair(Config),
         {Owner, _} = spawn_monitor(fun() -> receive stop -> ok end end),
         ok = cssl:setopts(S, [{active, Active}]),
         ok = cssl:controlling_process(S, Owner),
         Waiting = [waiting(S) || Active =:= false],
         exit(Owner, kill),
         {error, closed} = cssl:recv(C, 0, 5000),
         [receive {'DOWN', Ref, _, Pid, {error, closed}} -> ok after 5000 -> error(hangs) end
          || {Pid, Ref} <- Waiting],
         {error, closed} = cssl:send(S, "x"),
         {error, closed} = cssl:controlling_process(S, self())
     end || Active <- [false, once, true, 5]].

%% The owner of a handshake that another process does.
owner_dies_early(Config) ->
    Options = cssl_test:options(server, Config),
    {ok, Listen} = cssl:listen(0, Options),
    {ok, {_, Port}} = cssl:sockname(Listen),
    {ok, Tcp} = gen_tcp:connect("localhost", Port, [{active, false}]),
    {ok, S} = cssl:transport_accept(Listen, 5000),
    {Owner, _} = spawn_monitor(fun() -> receive stop -> ok end end),
    ok = cssl:controlling_process(S, Owner),
    {Pid, Ref} = spawn_monitor(fun() -> exit(cssl:handshake(S, 10000)) end),
    ok = until_waiting(Pid),
    exit(Owner, kill),
    receive {'DOWN', Ref, _, Pid, {error, closed}} -> ok after 5000 -> error(hangs) end,
    gen_tcp:close(Tcp),
    cssl:close(Listen).

dead_owner(Config) ->
    {S, C} = pair(Config),
    {Pid, Ref} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Ref, _, _, _} -> ok end,
    ok = cssl:controlling_process(S, Pid),
    {error, closed} = cssl:recv(C, 0, 5000),
    {error, closed} = cssl:recv(S, 0, 5000).

gives_away(Config) ->
    {S, C} = pair(Config),
    Self = self(),
    Pid = spawn_link(fun() ->
                             ok = cssl:setopts(S, [{active, true}]),
                             receive {ssl, S, Data} -> Self ! {self(), Data} end,
                             ok = cssl:controlling_process(S, Self),
                             Self ! {self(), given}
                     end),
    ok = cssl:controlling_process(S, Pid),
    ok = cssl:send(C, "to him"),
    receive {Pid, <<"to him">>} -> ok after 5000 -> error(silent) end,
    receive {Pid, given} -> ok after 5000 -> error(silent) end,
    ok = cssl:send(C, "to me"),
    <<"to me">> = data(S),
    ends(S, C).

%% Nobody reads, and yet the end is noticed: closing needs no patience, and send says so.
peer_end_is_noticed(Config) ->
    {S, C} = pair(Config),
    ok = cssl:send(C, "x"),
    {ok, <<"x">>} = cssl:recv(S, 0, 5000),
    {Time, ok} = timer:tc(fun() -> cssl:close(C, 5000) end),
    ?assert(Time < 3000000),
    {error, closed} = cssl:send(S, "too late"),
    {error, closed} = cssl:recv(S, 0, 5000).

%% A server that wants a certificate says so after the client's handshake is done.
late_alert(Config) ->
    C = refused(Config),
    {error, {tls_alert, {certificate_required, _}}} = cssl:recv(C, 0, 5000),
    {error, closed} = cssl:recv(C, 0, 5000),
    {error, closed} = cssl:send(C, "x").

late_alert_active(Config) ->
    C = refused(Config),
    ok = cssl:setopts(C, [{active, once}]),
    receive {ssl_error, C, {tls_alert, {certificate_required, _}}} -> ok
    after 5000 -> error(not_told)
    end,
    {error, closed} = cssl:send(C, "x"),
    [] = cssl_test:flush().

refused(Config) ->
    {Pid, Port} = cssl_test:serve(cssl, cssl_test:options(mutual_server, Config),
                                  fun(S) -> cssl:handshake(S, 5000) end),
    {ok, C} = cssl:connect("localhost", Port, [{active, false}, {versions, ['tlsv1.3']}
                                               | cssl_test:options(client, Config)], 5000),
    receive {Pid, result, {error, {tls_alert, {certificate_required, _}}}} -> ok
    after 5000 -> error(accepted)
    end,
    C.

closed_errors(Config) ->
    {S, C} = pair(Config),
    ok = cssl:close(C, 0),
    ok = cssl:close(S),
    ok = cssl:close(S),
    [?assertEqual({error, closed}, Fun(S))
     || Fun <- [fun(X) -> cssl:send(X, "") end, fun(X) -> cssl:recv(X, 0) end,
                fun(X) -> cssl:setopts(X, [{active, once}]) end,
                fun(X) -> cssl:setopts(X, [{packet, 4}]) end,
                fun(X) -> cssl:getopts(X, [active]) end, fun(X) -> cssl:shutdown(X, write) end,
                fun(X) -> cssl:controlling_process(X, self()) end]],
    [?assertEqual({error, einval}, Fun(S))
     || Fun <- [fun cssl:peername/1, fun cssl:sockname/1, fun cssl:getstat/1]].

option_errors(Config) ->
    {S, C} = pair(Config),
    [?assertMatch({error, {options, {socket_options, _}}}, cssl:setopts(S, [Option]))
     || Option <- [{active, maybe}, {packet, 3}, {mode, both}, {header, -1}, {packet_size, x}]],
    {ok, [{mode, binary}, {packet, _}, {header, 0}, {packet_size, 0}, {active, false}]} =
        cssl:getopts(S, [mode, packet, header, packet_size, active]),
    {error, einval} = cssl:getstat(S, [nonsense]),
    {ok, [{recv_oct, N}]} = cssl:getstat(S, [recv_oct]),
    ?assert(N > 0),
    ends(S, C).

%%% What the cases share

pair(Config) -> cssl_test:pair(Config, [{active, false}, binary], [{active, false}, binary]).

data(S) -> receive {ssl, S, Data} -> Data after 5000 -> error(silent) end.

ends(S, C) ->
    ok = cssl:close(C),
    ok = cssl:close(S),
    cssl_test:flush().

%% waiting(S) is a process that waits in recv, and what it got is why it ends.
waiting(S) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit(cssl:recv(S, 0, 10000)) end),
    ok = until_waiting(Pid),
    {Pid, Ref}.

until_waiting(Pid) ->
    case process_info(Pid, [status, current_function]) of
        [{status, waiting}, {current_function, {cssl_wait, _, _}}] -> ok;
        _ -> erlang:yield(), until_waiting(Pid)
    end.
