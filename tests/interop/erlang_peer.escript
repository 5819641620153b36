#!/usr/bin/env escript
%% erlang_peer.escript - a client or an echo server with OTP's ssl application, for erlang.py.
%%
%%     erlang_peer.escript client PORT FOLDER MODE [BYTES]
%%     erlang_peer.escript server FOLDER MODE

main(["client", Port, Folder, Mode | Rest]) ->
    start(),
    Bytes = case Rest of [B] -> list_to_integer(B); [] -> 0 end,
    client(list_to_integer(Port), options(client, Folder, Mode), Mode, Bytes),
    say("done");
main(["server", Folder, Mode]) ->
    start(),
    {ok, Listener} = ssl:listen(0, [{reuseaddr, true}, {ip, {127, 0, 0, 1}}
                                    | options(server, Folder, Mode)]),
    {ok, {_, Port}} = ssl:sockname(Listener),
    say("port " ++ integer_to_list(Port)),
    accept(Listener, Mode).

start() ->
    logger:set_primary_config(level, critical),
    {ok, _} = application:ensure_all_started(ssl).

say(Text) ->
    io:format(standard_error, "~s~n", [Text]).

fail(What) ->
    say(io_lib:format("error: ~p", [What])),
    halt(1).

options(client, Folder, Mode) ->
    [{verify, verify_peer}, {cacertfile, Folder ++ "/ca.pem"}, {depth, 3} | common()] ++
        case Mode of
            "mutual" -> identity(Folder, "client");
            "retry" -> [{supported_groups, [secp384r1, x25519]}];
            "resume" -> [{session_tickets, auto}];
            _ -> []
        end;
options(server, Folder, Mode) ->
    [{session_tickets, stateless} | common()] ++ identity(Folder, "server") ++
        case Mode of
            "mutual" ->
                [{verify, verify_peer}, {fail_if_no_peer_cert, true},
                 {cacertfile, Folder ++ "/ca.pem"}];
            "retry" -> [{supported_groups, [secp384r1]}];
            _ -> []
        end.

common() ->
    [{versions, ['tlsv1.3']}, {active, false}, binary].

identity(Folder, Name) ->
    [{certfile, Folder ++ "/" ++ Name ++ ".pem"}, {keyfile, Folder ++ "/" ++ Name ++ ".key"}].

%% ---- Client ----

client(Port, Options, "bulk", Bytes) ->
    S = connect(Port, Options),
    spawn_link(fun() -> send(S, 0, Bytes) end),
    receive_bulk(S, 0, Bytes),
    ok = ssl:close(S);
client(Port, Options, "update", _) ->
    S = connect(Port, Options),
    echo(S, <<"before">>),
    [begin ok = ssl:update_keys(S, Type), echo(S, <<"after">>) end
     || Type <- [write, read_write, read_write]],
    ok = ssl:close(S);
client(Port, Options, Mode, _) ->
    S = connect(Port, Options),
    echo(S, <<"Hello, server!">>),
    ok = ssl:close(S),
    Mode =:= "resume" andalso begin
        Again = connect(Port, Options),
        echo(Again, <<"again">>),
        {ok, [{session_resumption, Resumed}]} =
            ssl:connection_information(Again, [session_resumption]),
        say("resumed=" ++ atom_to_list(Resumed)),
        ssl:close(Again)
    end.

connect(Port, Options) ->
    case ssl:connect("localhost", Port, Options, 20000) of
        {ok, S} -> S;
        {error, Reason} -> fail(Reason)
    end.

echo(S, Data) ->
    ok = ssl:send(S, Data),
    case ssl:recv(S, byte_size(Data), 20000) of
        {ok, Data} -> ok;
        Other -> fail(Other)
    end.

piece(At) ->
    <<At:64, (binary:copy(<<"x">>, 16376))/binary>>.

send(_, At, End) when At >= End -> ok;
send(S, At, End) -> ok = ssl:send(S, piece(At)), send(S, At + 16384, End).

receive_bulk(_, At, End) when At >= End -> ok;
receive_bulk(S, At, End) ->
    Piece = piece(At),
    case ssl:recv(S, 16384, 60000) of
        {ok, Piece} -> receive_bulk(S, At + 16384, End);
        {ok, _} -> fail({damaged, At});
        {error, Reason} -> fail(Reason)
    end.

%% ---- Server ----

accept(Listener, Mode) ->
    {ok, T} = ssl:transport_accept(Listener),
    Pid = spawn(fun() -> receive go -> serve(T, Mode) end end),
    ok = ssl:controlling_process(T, Pid),
    Pid ! go,
    accept(Listener, Mode).

serve(T, Mode) ->
    case ssl:handshake(T, 20000) of
        {ok, S} -> loop(S, Mode);
        {error, Reason} -> say(io_lib:format("refused: ~p", [Reason]))
    end.

loop(S, Mode) ->
    case ssl:recv(S, 0) of
        {ok, Data} ->
            Mode =:= "update" andalso (ok = ssl:update_keys(S, read_write)),
            ok = ssl:send(S, Data),
            case Mode of
                "bulk" -> loop(S, Mode);
                _ -> ssl:close(S)
            end;
        {error, _} -> ssl:close(S)
    end.
