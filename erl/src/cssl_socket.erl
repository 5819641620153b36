%%% cssl_socket - what the terms of sockets are made of, and the options that belong to a socket
%%% rather than to TLS: emulated ones, and those that the kernel keeps. It knows no option of TLS.
-module(cssl_socket).

-export([resource/1, listener/1, term/1, listen_term/2, emulated/2, adopt/4, apply_emulated/2,
         setopts/2, getopts/2, getstat/2, packet_type/1, packet_number/1]).

-type res() :: reference().
-export_type([res/0]).

%% In the order of these a packet type is a number for the library: 0 is raw.
-define(PACKETS, {0, 1, 2, 4, asn1, cdr, sunrm, fcgi, tpkt, line, http, http_bin, httph,
                  httph_bin}).

%% resource(Socket) is the library's connection in a socket; listening for one that listens.
-spec resource(tuple()) -> res() | listening.
resource({sslsocket, {_, {'$inet', cssl_inet, Res}, _, _}, _}) -> Res;
resource({sslsocket, nil, {_, _}}) -> listening;
resource({sslsocket, {'$inet', cssl_inet, Res}, _, _, _, _, _, _}) -> Res;
resource({sslsocket, nil, {_, _}, _, _, _, _, _}) -> listening.

%% listener({sslsocket, ...}) is the port and the library's listener.
-spec listener(tuple()) -> {port(), reference()}.
listener({sslsocket, nil, {Port, Listener}}) -> {Port, Listener};
listener({sslsocket, nil, {Port, Listener}, _, _, _, _, _}) -> {Port, Listener}.

-spec term(res()) -> tuple().
term(Res) -> cssl_nif:socket(Res).

-spec listen_term(port(), reference()) -> tuple().
listen_term(Port, Listener) ->
    case list_to_integer(erlang:system_info(otp_release)) >= 28 of
        true -> {sslsocket, nil, {Port, Listener}, undefined, gen_tcp, tls_connection, undefined,
                 undefined};
        false -> {sslsocket, nil, {Port, Listener}}
    end.

%% adopt(Port, Config, Name, PortNumber) takes a connected socket away from inet: it is passive,
%% raw, and nothing of it is in the driver's buffer.
-spec adopt(port(), reference(), binary() | undefined, inet:port_number()) ->
          {ok, res()} | {error, term()}.
adopt(Port, Config, Name, Number) ->
    case descriptor(Port) of
        {ok, Fd} ->
            Result = cssl_nif:open(Fd, Config, Name, Number),
            still(descriptor(Port), Fd, Port, Result);
        {error, _} ->
            {error, closed}
    end.

%% The socket backend keeps its descriptor elsewhere; inet does not ask it in every release.
descriptor({'$inet', gen_tcp_socket, {_, Socket}}) -> socket:getopt(Socket, otp, fd);
descriptor(Port) -> inet:getfd(Port).

%% Somebody else may have closed the port between two looks at it, and the descriptor been reused.
still({ok, Fd}, Fd, Port, Result) ->
    ok = gen_tcp:close(Port),
    Result;
still(_, _, _, {ok, Res}) ->
    cssl_nif:drop(Res),
    {error, closed};
still(_, _, _, Error) ->
    Error.

%% apply_emulated(Res, Emulated) before the handshake ends; active comes afterwards.
-spec apply_emulated(res(), map()) -> ok | {error, closed}.
apply_emulated(Res, E) ->
    cssl_nif:set(Res, {maps:get(mode, E, list) =:= list, maps:get(header, E, 0),
                       packet_number(maps:get(packet, E, 0)), maps:get(packet_size, E, 0),
                       timeout_number(maps:get(send_timeout, E, infinity)),
                       maps:get(send_timeout_close, E, false)}).

%% emulated(Res, Fun) changes the emulated options of an open connection.
-spec emulated(res(), fun((map()) -> map())) -> ok | {error, closed}.
emulated(Res, Fun) ->
    case cssl_nif:get(Res) of
        {ok, Tuple} -> apply_emulated(Res, Fun(to_map(Tuple)));
        Error -> Error
    end.

to_map({Listed, Header, Packet, Size, Timeout, Close, Active}) ->
    #{mode => case Listed of true -> list; false -> binary end, header => Header,
      packet => packet_type(Packet), packet_size => Size, active => Active,
      send_timeout => case Timeout of 0 -> infinity; _ -> Timeout end,
      send_timeout_close => Close}.

-spec packet_type(non_neg_integer()) -> atom() | 0..4.
packet_type(Number) -> element(Number + 1, ?PACKETS).

-spec packet_number(atom() | 0..4) -> non_neg_integer().
packet_number(raw) -> 0;
packet_number(Type) -> packet_number(Type, 1).

packet_number(Type, I) when element(I, ?PACKETS) =:= Type -> I - 1;
packet_number(Type, I) -> packet_number(Type, I + 1).

timeout_number(infinity) -> 0;
timeout_number(Ms) -> Ms.

-define(EMULATED, [mode, packet, packet_size, header, active, send_timeout, send_timeout_close]).

%% setopts(Res, Options) with Options checked; the order of active among them does not matter.
-spec setopts(res(), [{atom(), term()} | tuple()]) -> ok | {error, term()}.
setopts(Res, [{active, Active}]) ->
    active(Res, Active);
setopts(Res, Options) ->
    Own = [O || {Key, _} = O <- Options, lists:member(Key, ?EMULATED), Key =/= active],
    Kernel = [O || O <- Options, not lists:member(element(1, O), ?EMULATED)],
    case set_own(Res, Own) of
        ok ->
            case cssl_sockopt:set(Res, Kernel) of
                ok -> set_active(Res, lists:keyfind(active, 1, lists:reverse(Options)));
                Error -> Error
            end;
        Error ->
            Error
    end.

set_own(_, []) -> ok;
set_own(Res, Own) -> emulated(Res, fun(Map) -> maps:merge(Map, maps:from_list(Own)) end).

set_active(_, false) -> ok;
set_active(Res, {active, Active}) -> active(Res, Active).

active(Res, Active) ->
    %% What a reactor sent before could be overtaken by what this process sends to itself only if
    %% its queue is off the heap, where messages of several senders are not put in order.
    MayRead = process_info(self(), message_queue_data) =:= {message_queue_data, on_heap},
    case cssl_nif:active(Res, Active, MayRead) of
        {error, Owner, Socket, Why} ->
            Owner ! {ssl_error, Socket, cssl_format:reason(Why)},
            ok;
        Result ->
            Result
    end.

-spec getopts(res(), [atom() | tuple()]) -> {ok, [{atom(), term()}]} | {error, term()}.
getopts(Res, Names) ->
    case cssl_nif:get(Res) of
        {ok, Tuple} ->
            Map = to_map(Tuple),
            getopts(Res, Names, Map, []);
        Error ->
            Error
    end.

getopts(_, [], _, Done) ->
    {ok, lists:reverse(Done)};
getopts(Res, [Name | Names], Map, Done) when is_map_key(Name, Map) ->
    getopts(Res, Names, Map, [{Name, maps:get(Name, Map)} | Done]);
getopts(Res, [Name | Names], Map, Done) ->
    case cssl_sockopt:get(Res, Name) of
        {ok, none} -> getopts(Res, Names, Map, Done);
        {ok, Option} -> getopts(Res, Names, Map, [Option | Done]);
        Error -> Error
    end.

%% getstat(Res, Names) counts bytes of ciphertext, as inet does below OTP's ssl.
-spec getstat(res(), [inet:stat_option()]) -> {ok, [{atom(), integer()}]} | {error, term()}.
getstat(Res, Names) ->
    case cssl_nif:stat(Res) of
        {ok, {RecvOct, RecvCnt, RecvMax, SendOct, SendCnt, SendMax, Pending}} ->
            Map = #{recv_oct => RecvOct, recv_cnt => RecvCnt, recv_max => RecvMax,
                    recv_avg => average(RecvOct, RecvCnt), recv_dvi => 0, send_oct => SendOct,
                    send_cnt => SendCnt, send_max => SendMax,
                    send_avg => average(SendOct, SendCnt), send_pend => Pending},
            case [Name || Name <- Names, not is_map_key(Name, Map)] of
                [] -> {ok, [{Name, maps:get(Name, Map)} || Name <- Names]};
                _ -> {error, einval}
            end;
        {error, _} ->
            {error, einval}
    end.

average(_, 0) -> 0;
average(Sum, Count) -> Sum div Count.
