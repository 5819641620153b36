%%% cssl_send_SUITE - the sending half after the handshake: a peer that does not read, several
%%% senders, what send_timeout does, and how a connection ends without losing what was sent.
-module(cssl_send_SUITE).

-include_lib("stdlib/include/assert.hrl").

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([blocks/1, times_out/1, times_out_and_closes/1, senders_are_not_mixed/1,
         killed_sender/1, close_frees_senders/1, owner_frees_senders/1, close_in_time/1,
         sent_before_close/1, sent_before_death/1, shutdown_write/1, shutdown_read/1,
         shutdown_both/1, framed/1]).

-define(CHUNK, 100000).

all() ->
    [blocks, times_out, times_out_and_closes, senders_are_not_mixed, killed_sender,
     close_frees_senders, owner_frees_senders, close_in_time, sent_before_close,
     sent_before_death, shutdown_write, shutdown_read, shutdown_both, framed].

init_per_suite(Config) ->
    cssl_test:certificates(Config).

end_per_suite(_) ->
    ok.

%% A sender waits for its peer, and all of it arrives.
blocks(Config) ->
    {S, C} = pair(Config),
    Data = crypto:strong_rand_bytes(20000000),
    {Pid, Ref} = sender(C, Data),
    ok = until_waiting(Pid),
    {ok, Data} = cssl:recv(S, byte_size(Data), 20000),
    receive {'DOWN', Ref, _, _, ok} -> ok after 5000 -> error(hangs) end,
    ends(S, C).

%% What is sent after a timeout comes behind what was taken; no record is torn.
times_out(Config) ->
    {S, C} = pair(Config),
    ok = cssl:setopts(C, [{send_timeout, 50}]),
    {error, timeout} = fill(C),
    {error, timeout} = cssl:send(C, "more"),
    {ok, [{send_timeout, 50}]} = cssl:getopts(C, [send_timeout]),
    ok = cssl:setopts(C, [{send_timeout, 10000}]),
    {Pid, Ref} = sender(C, "the end"),
    ok = read_until(S, <<"the end">>, <<>>),
    receive {'DOWN', Ref, _, Pid, ok} -> ok after 5000 -> error(hangs) end,
    ends(S, C).

times_out_and_closes(Config) ->
    {S, C} = pair(Config),
    ok = cssl:setopts(C, [{send_timeout, 50}, {send_timeout_close, true}]),
    {error, timeout} = fill(C),
    {error, closed} = cssl:send(C, "more"),
    cssl:close(S, 0).

senders_are_not_mixed(Config) ->
    {S, C} = pair(Config),
    Pids = [sender(C, binary:copy(<<I>>, 700000)) || I <- lists:seq(1, 8)],
    {ok, All} = cssl:recv(S, 8 * 700000, 20000),
    Runs = [binary:at(All, I * 700000) || I <- lists:seq(0, 7)],
    ?assertEqual(lists:seq(1, 8), lists:sort(Runs)),
    ?assertEqual(All, << <<(binary:copy(<<I>>, 700000))/binary>> || I <- Runs >>),
    [receive {'DOWN', Ref, _, Pid, ok} -> ok after 5000 -> error(hangs) end
     || {Pid, Ref} <- Pids],
    ends(S, C).

%% What a killed sender left half done ends somewhere; the next one's is whole.
killed_sender(Config) ->
    {S, C} = pair(Config),
    {Pid, Ref} = sender(C, binary:copy(<<1>>, 50000000)),
    ok = until_waiting(Pid),
    {Next, NextRef} = sender(C, <<"the end">>),
    ok = until_waiting(Next),
    exit(Pid, kill),
    receive {'DOWN', Ref, _, _, killed} -> ok end,
    ok = read_until(S, <<"the end">>, <<>>),
    receive {'DOWN', NextRef, _, _, ok} -> ok after 5000 -> error(hangs) end,
    ends(S, C).

close_frees_senders(Config) ->
    {S, C} = pair(Config),
    Senders = [sender(C, binary:copy(<<I>>, 50000000)) || I <- [1, 2, 3]],
    [ok = until_waiting(Pid) || {Pid, _} <- Senders],
    ok = cssl:close(C, 10),
    [receive {'DOWN', Ref, _, _, {error, closed}} -> ok after 5000 -> error(hangs) end
     || {_, Ref} <- Senders],
    cssl:close(S, 0).

owner_frees_senders(Config) ->
    {S, C} = pair(Config),
    {Owner, _} = spawn_monitor(fun() -> receive stop -> ok end end),
    ok = cssl:controlling_process(C, Owner),
    Senders = [sender(C, binary:copy(<<I>>, 50000000)) || I <- [1, 2]],
    [ok = until_waiting(Pid) || {Pid, _} <- Senders],
    exit(Owner, kill),
    [receive {'DOWN', Ref, _, _, {error, closed}} -> ok after 5000 -> error(hangs) end
     || {_, Ref} <- Senders],
    cssl:close(S, 0).

%% The time that close is given holds although nothing can be written.
close_in_time(Config) ->
    {S, C} = pair(Config),
    ok = cssl:setopts(C, [{send_timeout, 20}]),
    {error, timeout} = fill(C),
    {Time, ok} = timer:tc(fun() -> cssl:close(C, 100) end),
    ?assert(Time < 3000000),
    cssl:close(S, 0).

%% Neither unread data nor haste may cost what was sent.
sent_before_close(Config) ->
    {S, C} = pair(Config),
    Data = crypto:strong_rand_bytes(?CHUNK),
    ok = cssl:send(S, "nobody reads this"),
    ok = cssl:send(C, Data),
    {_, Ref} = spawn_monitor(fun() -> exit(cssl:close(C)) end),
    {ok, Data} = cssl:recv(S, ?CHUNK, 5000),
    {error, closed} = cssl:recv(S, 0, 5000),
    receive {'DOWN', Ref, _, _, ok} -> ok after 7000 -> error(hangs) end.

sent_before_death(Config) ->
    {S, C} = pair(Config),
    Data = crypto:strong_rand_bytes(?CHUNK),
    ok = cssl:send(S, "nobody reads this"),
    {Pid, Ref} = spawn_monitor(fun() -> receive go -> exit(cssl:send(C, Data)) end end),
    ok = cssl:controlling_process(C, Pid),
    Pid ! go,
    receive {'DOWN', Ref, _, _, ok} -> ok after 5000 -> error(hangs) end,
    {ok, Data} = cssl:recv(S, ?CHUNK, 5000),
    {error, closed} = cssl:recv(S, 0, 5000).

shutdown_write(Config) ->
    {S, C} = pair(Config),
    ok = cssl:send(C, "last"),
    ok = cssl:shutdown(C, write),
    {error, closed} = cssl:send(C, "x"),
    {ok, <<"last">>} = cssl:recv(S, 0, 5000),
    {error, closed} = cssl:recv(S, 0, 5000),
    {error, closed} = cssl:recv(C, 0, 5000).

shutdown_read(Config) ->
    {S, C} = pair(Config),
    ok = cssl:shutdown(C, read),
    ok = cssl:send(C, "still"),
    {ok, <<"still">>} = cssl:recv(S, 0, 5000),
    {error, closed} = cssl:recv(C, 0, 5000),
    cssl:close(S).

shutdown_both(Config) ->
    {S, C} = pair(Config),
    ok = cssl:shutdown(C, read_write),
    {error, closed} = cssl:recv(C, 0, 5000),
    {error, closed} = cssl:recv(S, 0, 5000),
    {error, closed} = cssl:shutdown(C, write).

framed(Config) ->
    {S, C} = pair(Config),
    [begin
         ok = cssl:setopts(C, [{packet, Packet}]),
         ok = cssl:send(C, ["ab", <<"c">>]),
         Expected = <<3:(8 * Packet), "abc">>,
         {ok, Expected} = cssl:recv(S, Packet + 3, 5000)
     end || Packet <- [1, 2, 4]],
    ok = cssl:setopts(C, [{packet, 1}]),
    {error, {badarg, {packet_to_large, 256, 255}}} = cssl:send(C, binary:copy(<<0>>, 256)),
    ends(S, C).

%%% What the cases share

pair(Config) -> cssl_test:pair(Config, [{active, false}, binary], [{active, false}, binary]).

ends(S, C) ->
    ok = cssl:close(C),
    ok = cssl:close(S).

sender(S, Data) -> spawn_monitor(fun() -> exit(cssl:send(S, Data)) end).

fill(S) ->
    case cssl:send(S, binary:copy(<<0>>, ?CHUNK)) of
        ok -> fill(S);
        Error -> Error
    end.

read_until(S, End, Tail) ->
    {ok, Data} = cssl:recv(S, 0, 10000),
    All = <<Tail/binary, Data/binary>>,
    Keep = min(byte_size(All), byte_size(End)),
    case binary:part(All, byte_size(All), -Keep) of
        End -> ok;
        Last -> read_until(S, End, Last)
    end.

until_waiting(Pid) ->
    case process_info(Pid, [status, current_function]) of
        [{status, waiting}, {current_function, {cssl_wait, _, _}}] -> ok;
        undefined -> error(over);
        _ -> erlang:yield(), until_waiting(Pid)
    end.
