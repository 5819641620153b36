%%% cssl_connection - connections from their options to their end: connect, listen, accept, upgrade,
%%% handshake, send, recv, close. What waits is in cssl_wait, what a fun is asked in cssl_ask.
-module(cssl_connection).

-export([connect/4, upgrade/3, listen/2, accept/2, handshake/3, continue/3, send/2, recv/3, close/2,
         downgrade/3, setopts/2, getopts/2, renegotiate/1, clear_configs/0, config/2]).

-define(TRANSPORT, [binary, {packet, 0}, {header, 0}, {active, false}]).

%% connect(Host, Port, Options, Timeout): the time is for the transport, then for the handshake.
-spec connect(term(), inet:port_number(), list(), timeout()) ->
          {ok, tuple()} | {ok, tuple(), map()} | {error, term()}.
connect(Host, Port, UserOptions, Timeout) ->
    case over_tcp(cssl_options:client(UserOptions, Host)) of
        {ok, Options} ->
            case connect_tcp(Host, Port, Options, Timeout) of
                {ok, Tcp} -> client(Tcp, Options, Timeout);
                Error -> Error
            end;
        Error ->
            Error
    end.

%% over_tcp(Checked): other transports than gen_tcp are refused.
over_tcp({ok, #{cb_info := CbInfo}}) when element(1, CbInfo) =/= gen_tcp ->
    {error, {options, {cb_info, CbInfo}}};
over_tcp(Checked) ->
    Checked.

connect_tcp(Host, Port, #{transport := Transport} = Options, Timeout) ->
    inet_call(Options, fun() ->
                               gen_tcp:connect(Host, Port, Transport ++ ?TRANSPORT, Timeout)
                       end).

%% inet_call(Options, Fun): inet exits over options that it does not know.
inet_call(#{inet := Inet}, Fun) ->
    try
        Fun()
    catch
        exit:{function_clause, _} -> {error, {options, {cb_info, gen_tcp}}};
        exit:badarg -> {error, {options, {socket_options, Inet}}};
        exit:{badarg, _} -> {error, {options, {socket_options, Inet}}}
    end.

%% upgrade(Tcp, Options, Timeout): a connected, passive socket of gen_tcp becomes a client's.
-spec upgrade(term(), list(), timeout()) -> {ok, tuple()} | {ok, tuple(), map()} | {error, term()}.
upgrade(Tcp, UserOptions, Timeout) ->
    case cssl_options:client(cssl_upgrade:inherit(Tcp, UserOptions), undefined) of
        {ok, Options} ->
            case cssl_upgrade:prepare(Tcp) of
                ok -> client(Tcp, Options, Timeout);
                Error -> Error
            end;
        Error ->
            Error
    end.

client(Tcp, Options, Timeout) ->
    case config(client, Options) of
        {ok, Config} ->
            case cssl_upgrade:adopt(Tcp, Config, peer_name(Options)) of
                {ok, Res} -> result(cssl_handshake:run(Res, Options, Timeout), Res);
                Error -> Error
            end;
        Error ->
            gen_tcp:close(Tcp),
            Error
    end.

peer_name(#{host := undefined}) -> undefined;
peer_name(#{host := {local, _}}) -> undefined;
peer_name(#{host := Host}) when is_atom(Host) -> atom_to_binary(Host);
peer_name(#{host := Host}) when is_tuple(Host) -> list_to_binary(inet:ntoa(Host));
peer_name(#{host := Host}) -> unicode:characters_to_binary(Host).

result({hello, Hello}, Res) ->
    {ok, cssl_socket:term(Res), cssl_hello:extensions(Hello, cssl_nif:options(Res))};
result(Result, _) -> Result.

%% config(Role, Options) is the library's config for checked options: one that is there already, or
%% else a new one.
-spec config(client | server, cssl_options:options()) -> {ok, reference()} | {error, term()}.
config(Role, Options) ->
    ok = cssl_reactor:ensure(),
    case cssl_configs:get(Role, Options) of
        {ok, Config} -> {ok, Config};
        {error, Why} -> {error, cssl_format:config_reason(Why, Options)}
    end.

-spec clear_configs() -> ok.
clear_configs() ->
    ok = cssl_reactor:ensure(),
    cssl_configs:clear().

%% A listener has a config for itself, so that its sessions are its own.
own_config(#{config := Map} = Options) ->
    ok = cssl_reactor:ensure(),
    case cssl_nif:config(server, Map, maps:remove(config, Options)) of
        {ok, Config} -> {ok, Config};
        {error, Why} -> {error, cssl_format:config_reason(Why, Options)}
    end.

-spec listen(inet:port_number(), list()) -> {ok, tuple()} | {error, term()}.
listen(Number, UserOptions) ->
    case over_tcp(cssl_options:server(UserOptions)) of
        {ok, Options} ->
            case own_config(Options) of
                {ok, Config} -> listen_tcp(Number, Options, Config);
                Error -> Error
            end;
        Error ->
            Error
    end.

listen_tcp(Number, #{transport := Transport} = Options, Config) ->
    case inet_call(Options, fun() -> gen_tcp:listen(Number, Transport ++ ?TRANSPORT) end) of
        {ok, Port} ->
            {ok, Fd} = inet:getfd(Port),
            {ok, Listener} = cssl_nif:listen(Fd, Config, self()),
            {ok, cssl_socket:listen_term(Port, Listener)};
        Error ->
            Error
    end.

%% accept(Listen, Timeout) takes a connection, and moves no byte of it.
-spec accept(tuple(), timeout()) -> {ok, tuple()} | {error, term()}.
accept(Listen, Timeout) ->
    {_, Listener} = cssl_socket:listener(Listen),
    case cssl_wait:accept(Listener, Timeout) of
        {ok, Res} -> {ok, cssl_socket:term(Res)};
        {error, _} = Error -> Error
    end.

%% handshake(Socket, Options, Timeout) for an accepted socket, or one of gen_tcp to be upgraded.
-spec handshake(tuple() | port(), list(), timeout()) ->
          {ok, tuple()} | {ok, tuple(), map()} | {ok, map()} | {error, term()}.
handshake(Socket, [], Timeout) when element(1, Socket) =:= sslsocket ->
    Res = cssl_socket:resource(Socket),
    Options = cssl_nif:options(Res),
    result(cssl_handshake:run(Res, Options, Timeout), Res);
handshake(Socket, UserOptions, Timeout) when element(1, Socket) =:= sslsocket ->
    Res = cssl_socket:resource(Socket),
    case more(server, Res, UserOptions) of
        {ok, Options, Config} ->
            cssl_nif:reconfigure(Res, Config),
            case result(cssl_handshake:run(Res, Options, Timeout), Res) of
                {ok, _, Extensions} -> {ok, Extensions}; % as OTP does
                Result -> Result
            end;
        Error ->
            Error
    end;
handshake(Tcp, UserOptions, Timeout) ->
    case cssl_options:server(cssl_upgrade:inherit(Tcp, UserOptions)) of
        {ok, Options} ->
            case cssl_upgrade:prepare(Tcp) of
                ok -> server(Tcp, Options, Timeout);
                Error -> Error
            end;
        Error ->
            Error
    end.

server(Tcp, Options, Timeout) ->
    case config(server, Options) of
        {ok, Config} ->
            case cssl_upgrade:adopt(Tcp, Config, undefined) of
                {ok, Res} -> result(cssl_handshake:run(Res, Options, Timeout), Res);
                Error -> Error
            end;
        Error ->
            Error
    end.

%% more(Role, Res, UserOptions): the options of Res with some more, and their config.
more(Role, Res, UserOptions) ->
    case cssl_options:update(Role, cssl_nif:options(Res), UserOptions) of
        {ok, Options} ->
            case config(Role, Options) of
                {ok, Config} -> {ok, Options, Config};
                Error -> Error
            end;
        Error ->
            Error
    end.

-spec continue(tuple(), list(), timeout()) -> {ok, tuple()} | {error, term()}.
continue(Socket, UserOptions, Timeout) ->
    Res = cssl_socket:resource(Socket),
    #{role := Role} = Old = cssl_nif:options(Res),
    case UserOptions of
        [] ->
            cssl_handshake:continue(Res, undefined, Old, Timeout);
        _ ->
            case more(Role, Res, UserOptions) of
                {ok, Options, Config} -> cssl_handshake:continue(Res, Config, Options, Timeout);
                Error -> Error
            end
    end.

-spec send(reference() | listening, iodata()) -> ok | {error, term()}.
send(listening, _) ->
    {error, enotconn};
send(Res, Data) ->
    case cssl_nif:send_options(Res) of
        {0, 0, _} -> cssl_wait:send(Res, Data, infinity);
        {Packet, Timeout, Close} -> send(Res, Data, Packet, Timeout, Close);
        {error, _} = Error -> Error
    end.

send(Res, Data, Packet, Timeout, Close) ->
    case cssl_packet:encode(cssl_socket:packet_type(Packet), Data) of
        {ok, Framed} ->
            case cssl_wait:send(Res, Framed, case Timeout of 0 -> infinity; _ -> Timeout end) of
                {error, timeout} when Close -> cssl_nif:drop(Res), {error, timeout};
                Result -> Result
            end;
        Error ->
            Error
    end.

-spec recv(reference() | listening, non_neg_integer(), timeout()) -> {ok, term()} | {error, term()}.
recv(listening, _, _) ->
    {error, enotconn};
recv(Res, Length, Timeout) ->
    case cssl_wait:recv(Res, Length, Timeout) of
        packet -> cssl_packet:recv(Res, Timeout);
        {ok, _} = Data -> Data;
        {error, Why} -> {error, cssl_format:reason(Why)}
    end.

-spec close(tuple(), timeout()) -> ok | {error, term()}.
close(Socket, Timeout) ->
    case cssl_socket:resource(Socket) of
        listening ->
            {Port, Listener} = cssl_socket:listener(Socket),
            ok = cssl_nif:unlisten(Listener),
            gen_tcp:close(Port);
        Res ->
            _ = cssl_wait:close(Res, Timeout),
            ok
    end.

-spec downgrade(tuple(), pid(), timeout()) -> {ok, term()} | {ok, term(), binary()} |
          {error, term()}.
downgrade(Socket, Pid, Timeout) ->
    cssl_upgrade:downgrade(cssl_socket:resource(Socket), Pid, Timeout).

-spec setopts(tuple(), list()) -> ok | {error, term()}.
setopts(Socket, Options) ->
    case cssl_socket:resource(Socket) of
        listening ->
            inet:setopts(element(1, cssl_socket:listener(Socket)), Options);
        Res ->
            case cssl_options_inet:setopts(Options) of
                {ok, Checked} -> setopts_error(cssl_socket:setopts(Res, Checked), Options);
                Error -> Error
            end
    end.

setopts_error({error, closed}, _) -> {error, closed};
setopts_error({error, einval}, [Option]) -> {error, {options, {socket_options, Option}}};
setopts_error({error, einval}, Options) -> {error, {options, {socket_options, Options}}};
setopts_error(Result, _) -> Result.

-spec getopts(tuple(), list()) -> {ok, list()} | {error, term()}.
getopts(Socket, Names) when is_list(Names) ->
    case cssl_socket:resource(Socket) of
        listening ->
            inet:getopts(element(1, cssl_socket:listener(Socket)), Names);
        Res ->
            case cssl_socket:getopts(Res, Names) of
                {error, einval} -> {error, {options, {socket_options, Names}}};
                Result -> Result
            end
    end;
getopts(_, Names) ->
    {error, {options, {socket_options, Names}}}.

-spec renegotiate(tuple()) -> ok | {error, term()}.
renegotiate(Socket) ->
    case cssl_socket:resource(Socket) of
        listening -> {error, enotconn};
        Res ->
            case cssl_nif:information(Res) of
                {ok, #{protocol := 'tlsv1.2'}} -> cssl_wait:renegotiate(Res);
                {ok, _} -> {error, notsup};
                Error -> Error
            end
    end.
