%%% cssl_dist_link - a connection to another node once TLS is up. Three processes are linked: the
%%% one of dist_util, which ticks and watches; the controller, which owns the socket and sends what
%%% the emulator has for the peer; the reader, which gives the emulator what the peer sends.
-module(cssl_dist_link).

-export([start/1, supervisor/2, handshake_data/2]).
-export([init/1, wait/1, output/2, input/3]).

-include_lib("kernel/include/net_address.hrl").
-include_lib("kernel/include/dist.hrl").
-include_lib("kernel/include/dist_util.hrl").

-define(SPAWN, [{priority, max}, {message_queue_data, off_heap}, {fullsweep_after, 10}]).
-define(BUNDLE, 131072).    % bytes for a call of send, or one message if that is longer
-define(MAX_FRAME, 1 bsl 30). % nodes cut long messages themselves, in 64 KiB each

%% start(Socket) is a controller, not linked to anybody yet.
-spec start(tuple()) -> pid().
start(Socket) ->
    spawn_opt(?MODULE, init, [Socket], ?SPAWN).

-spec init(tuple()) -> no_return().
init(Socket) ->
    wait(Socket).

%% supervisor(Link, Pid): from now on they die together.
-spec supervisor(pid(), pid()) -> ok.
supervisor(Link, Pid) ->
    call(Link, {supervisor, Pid}).

call(Link, Request) ->
    Ref = monitor(process, Link),
    Link ! {Ref, self(), Request},
    receive
        {Ref, Reply} -> demonitor(Ref, [flush]), Reply;
        {'DOWN', Ref, process, _, _} -> exit(connection_closed)
    end.

%% handshake_data(Link, Address) is what dist_util has to know: how names and challenges are
%% exchanged (the process of dist_util reads and writes these itself), and what comes after.
-spec handshake_data(pid(), #net_address{}) -> #hs_data{}.
handshake_data(Link, Address) ->
    Socket = call(Link, socket),
    #hs_data{
       socket = Link,
       f_send = fun(_, Data) -> cssl:send(Socket, Data) end,
       f_recv = fun(_, Length, Timeout) -> recv(Socket, Length, Timeout) end,
       f_setopts_pre_nodeup = fun(_) -> ok end,
       f_setopts_post_nodeup = fun(_) -> ok end,
       f_getll = fun(_) -> {ok, Link} end,
       f_address = fun(_, Node) -> address(Socket, Node, Address) end,
       f_handshake_complete = fun(_, _, Handle) -> call(Link, {complete, Handle}) end,
       mf_tick = fun(_) -> Link ! tick, ok end,
       mf_getstat = fun(_) -> counts(Socket) end,
       mf_setopts = fun(_, Options) -> setopts(Socket, Options) end,
       mf_getopts = fun(_, Names) -> cssl:getopts(Socket, Names) end}.

recv(Socket, Length, Timeout) ->
    case cssl:recv(Socket, Length, Timeout) of
        {ok, Data} when is_binary(Data) -> {ok, binary_to_list(Data)};
        Result -> Result
    end.

address(Socket, Node, Address) ->
    case {cssl:peername(Socket), string:split(atom_to_list(Node), "@", all)} of
        {{ok, Peer}, [_, Host]} -> Address#net_address{address = Peer, host = Host};
        _ -> {error, no_node}
    end.

counts(Socket) ->
    case cssl:getstat(Socket, [recv_cnt, send_cnt, send_pend]) of
        {ok, [{_, Received}, {_, Sent}, {_, Pending}]} -> {ok, Received, Sent, Pending};
        Error -> Error
    end.

%% What would change how the stream is cut is the distribution's own.
setopts(Socket, Options) ->
    case [Option || {Name, _} = Option <- Options,
                    lists:member(Name, [active, deliver, packet, mode, header])] of
        [] -> cssl:setopts(Socket, Options);
        Bad -> {error, {badopts, Bad}}
    end.

%% wait(Socket): dist_util speaks with the peer meanwhile.
-spec wait(tuple()) -> no_return().
wait(Socket) ->
    receive
        {Ref, From, {supervisor, Pid}} ->
            link(Pid),
            From ! {Ref, ok},
            ?MODULE:wait(Socket);
        {Ref, From, socket} ->
            From ! {Ref, Socket},
            ?MODULE:wait(Socket);
        {Ref, From, {complete, Handle}} ->
            complete(Socket, Handle),
            From ! {Ref, ok},
            ?MODULE:output(Socket, Handle);
        tick ->
            ?MODULE:wait(Socket)
    end.

complete(Socket, Handle) ->
    ok = cssl:setopts(Socket, [{packet, 0}]),
    Reader = spawn_opt(fun() -> receive go -> ?MODULE:input(Socket, Handle, <<>>) end end,
                       [link | ?SPAWN]),
    ok = erlang:dist_ctrl_input_handler(Handle, Reader),
    Reader ! go,
    _ = erlang:dist_ctrl_set_opt(Handle, get_size, true),
    erlang:dist_ctrl_get_data_notification(Handle).

%% output(Socket, Handle) is the controller's loop.
-spec output(tuple(), erlang:dist_handle()) -> no_return().
output(Socket, Handle) ->
    receive
        dist_data ->
            flush(Socket, Handle, [], 0),
            erlang:dist_ctrl_get_data_notification(Handle);
        tick ->
            send(Socket, <<0:32>>);
        {Ref, From, socket} ->
            From ! {Ref, Socket};
        _ ->
            ok
    end,
    ?MODULE:output(Socket, Handle).

flush(Socket, Handle, Bundle, Size) when Size >= ?BUNDLE ->
    send(Socket, lists:reverse(Bundle)),
    flush(Socket, Handle, [], 0);
flush(Socket, Handle, Bundle, Size) ->
    case erlang:dist_ctrl_get_data(Handle) of
        none when Size =:= 0 -> ok;
        none -> send(Socket, lists:reverse(Bundle));
        {Length, Data} ->
            flush(Socket, Handle, [[<<Length:32>> | Data] | Bundle], Size + 4 + Length)
    end.

send(Socket, Data) ->
    case cssl:send(Socket, Data) of
        ok -> ok;
        {error, _} -> exit(connection_closed)
    end.

%% input(Socket, Handle, Rest) is the reader's loop; Rest is the beginning of a frame.
-spec input(tuple(), erlang:dist_handle(), binary()) -> no_return().
input(Socket, Handle, <<Length:32, Frame:Length/binary, Rest/binary>>) ->
    Length =:= 0 orelse erlang:dist_ctrl_put_data(Handle, Frame),
    input(Socket, Handle, Rest);
input(_, _, <<Length:32, _/binary>>) when Length > ?MAX_FRAME ->
    exit(connection_closed);
input(Socket, Handle, <<Length:32, Part/binary>>) ->
    Frame = read(Socket, Length - byte_size(Part), [Part]),
    <<Whole:Length/binary, Rest/binary>> = iolist_to_binary(Frame),
    erlang:dist_ctrl_put_data(Handle, Whole),
    ?MODULE:input(Socket, Handle, Rest);
input(Socket, Handle, Start) ->
    ?MODULE:input(Socket, Handle, iolist_to_binary(read(Socket, 1, [Start]))).

%% read(Socket, Missing, Parts) is Parts, last first, with at least Missing bytes more, in order.
read(_, Missing, Parts) when Missing =< 0 ->
    lists:reverse(Parts);
read(Socket, Missing, Parts) ->
    case cssl:recv(Socket, 0) of
        {ok, Data} -> read(Socket, Missing - byte_size(Data), [Data | Parts]);
        {error, _} -> exit(connection_closed)
    end.
