%%% cssl_upgrade - sockets of gen_tcp become TLS, and TLS becomes gen_tcp again. What the driver has
%%% read already is handed on; its descriptor is duplicated, never waited for.
-module(cssl_upgrade).

-export([inherit/2, prepare/1, adopt/3, downgrade/3]).

%% inherit(Tcp, UserOptions): as in OTP, how the socket delivers stays as it was set on the TCP
%% socket, unless the options say otherwise: what stands later counts.
-spec inherit(term(), list()) -> list().
inherit(Tcp, UserOptions) ->
    case inet:getopts(Tcp, [mode, packet, packet_size, header, active]) of
        {ok, Had} -> Had ++ UserOptions;
        {error, _} -> UserOptions
    end.

%% prepare(Tcp): it has to be passive; it stops cutting packets.
-spec prepare(term()) -> ok | {error, term()}.
prepare(Tcp) ->
    case inet:getopts(Tcp, [active]) of
        {ok, [{active, false}]} ->
            case inet:setopts(Tcp, [{packet, raw}, binary, {header, 0}]) of
                ok -> ok;
                _ -> {error, closed}
            end;
        {ok, _} ->
            {error, {options, {socket_options, [{active, false}]}}};
        {error, _} ->
            {error, closed}
    end.

%% adopt(Tcp, Config, Name): the library's connection, and what was read of it already.
-spec adopt(term(), reference(), binary() | undefined) -> {ok, reference()} | {error, term()}.
adopt(Tcp, Config, Name) ->
    Early = drain(Tcp),
    Number = case inet:peername(Tcp) of
                 {ok, {_, Port}} when is_integer(Port) -> Port;
                 _ -> 0
             end,
    case cssl_socket:adopt(Tcp, Config, Name, Number) of
        {ok, Res} when Early =/= <<>> ->
            ok = cssl_nif:feed(Res, Early),
            {ok, Res};
        Result ->
            Result
    end.

%% One recv takes all that is in the driver's buffer; more would be the kernel's.
drain(Tcp) ->
    case gen_tcp:recv(Tcp, 0, 0) of
        {ok, Data} -> Data;
        {error, _} -> <<>>
    end.

%% downgrade(Res, Pid, Timeout): both sides say close_notify; then plain TCP goes on.
-spec downgrade(reference(), pid(), timeout()) -> {ok, term()} | {ok, term(), binary()} |
          {error, term()}.
downgrade(Res, Pid, Timeout) ->
    case cssl_wait:downgrade(Res, Timeout) of
        {ok, Fd, Family, Rest} ->
            {ok, Tcp} = gen_tcp:fdopen(Fd, [Family, binary, {packet, 0}, {active, false}]),
            ok = gen_tcp:controlling_process(Tcp, Pid),
            case Rest of
                <<>> -> {ok, Tcp};
                _ -> {ok, Tcp, Rest}
            end;
        Error ->
            Error
    end.
