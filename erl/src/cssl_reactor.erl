%%% cssl_reactor - reads the active sockets of the node: one process per scheduler, for any number
%%% of sockets. They are started on first use, below kernel's own supervisor, so that connections
%%% work before any application of ours is started (distribution needs that).
-module(cssl_reactor).
-behaviour(supervisor).

-export([ensure/0, start_link/0, init/1, start_reactor/1, start_all/1, loop/0]).

-define(WATCH, 100). % ms
-define(STARTED, {?MODULE, started}).

%% ensure() returns when the reactors are there.
-spec ensure() -> ok.
ensure() ->
    case persistent_term:get(?STARTED, false) of
        true -> ok;
        false -> start()
    end.

start() ->
    case whereis(kernel_safe_sup) of
        undefined -> start_early();
        _ -> start_supervised()
    end,
    persistent_term:put(?STARTED, true).

start_supervised() ->
    Child = #{id => ?MODULE, start => {?MODULE, start_link, []}, type => supervisor},
    case supervisor:start_child(kernel_safe_sup, Child) of
        {ok, _} -> ok;
        {error, {already_started, _}} -> ok
    end.

%% The distribution listens before kernel has a supervisor for others. It is net_kernel that calls
%% then, which can be stopped while the node goes on: hence no link.
start_early() ->
    case start_link() of
        {ok, Sup} -> unlink(Sup), ok;
        {error, {already_started, _}} -> ok
    end.

-spec start_link() -> {ok, pid()} | {error, term()}.
start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% When one dies, all are started again, and the last child gives them the sockets of the old ones.
-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    Number = erlang:system_info(schedulers),
    Reactors = [#{id => {reactor, I}, start => {?MODULE, start_reactor, [I]}}
                || I <- lists:seq(0, Number - 1)],
    Configs = #{id => cssl_configs, start => {cssl_configs, start_link, []}},
    Begin = #{id => start, start => {?MODULE, start_all, [Number]}},
    {ok, {#{strategy => one_for_all, intensity => 3, period => 10},
          [Configs | Reactors] ++ [Begin]}}.

-spec start_reactor(non_neg_integer()) -> {ok, pid()}.
start_reactor(Index) ->
    Pid = proc_lib:spawn_opt(?MODULE, loop, [], [link, {message_queue_data, off_heap},
                                                 {priority, normal}, {fullsweep_after, 10}]),
    ok = cssl_nif:set_reactor(Index, Pid),
    {ok, Pid}.

-spec start_all(pos_integer()) -> ignore.
start_all(Number) ->
    ok = cssl_nif:start_reactors(Number),
    ignore.

%% loop() handles a message at a time and never ends.
-spec loop() -> no_return().
loop() ->
    receive
        {select, Res, _, ready_input} -> ready(Res);
        {select, Res, _, ready_output} -> cssl_nif:flush(Res);
        {watch, Res} -> watch(Res);
        {look, Res} -> look(Res);
        _ -> ok
    end,
    ?MODULE:loop().

%% A socket that is passive is armed only when it was not read for a while.
look(Res) ->
    case cssl_nif:look(Res) of
        ok -> ok;
        again -> watch(Res)
    end.

watch(Res) ->
    _ = erlang:send_after(?WATCH, self(), {look, Res}),
    ok.

ready(Res) ->
    case cssl_nif:ready(Res) of
        ok -> ok;
        again -> self() ! {select, Res, undefined, ready_input}, ok;
        packet -> cssl_packet:deliver(Res);
        {error, Owner, Socket, Why} -> Owner ! {ssl_error, Socket, cssl_format:reason(Why)}
    end.
