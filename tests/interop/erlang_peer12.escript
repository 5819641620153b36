#!/usr/bin/env escript
%% erlang_peer12.escript - a client or an echo server of TLS 1.2 with OTP's ssl application, for
%% erlang_tls12.py.
%%
%%     erlang_peer12.escript known
%%     erlang_peer12.escript client PORT FOLDER PSK MODE CERTIFICATE SUITE...
%%     erlang_peer12.escript server FOLDER PSK MODE CERTIFICATE SUITE...

main(["known"]) ->
    start(),
    [say(ssl:suite_to_str(S)) || S <- ssl:cipher_suites(all, 'tlsv1.2')
                                      ++ ssl:cipher_suites(anonymous, 'tlsv1.2')];
main(["client", Port, Folder, Psk, Mode, Certificate | Suites]) ->
    start(),
    Options = [{verify, verify_peer}, {cacertfile, Folder ++ "/ca.pem"}, {depth, 3}
               | common(Folder, Psk, Certificate)],
    client(list_to_integer(Port), Options, Mode, Suites),
    say("done");
main(["server", Folder, Psk, Mode, Certificate | Suites]) ->
    start(),
    Options = case Mode of
                  "mutual" -> [{verify, verify_peer}, {fail_if_no_peer_cert, true},
                               {cacertfile, Folder ++ "/ca.pem"}];
                  _ -> []
              end,
    {ok, Listener} = ssl:listen(0, [{reuseaddr, true}, {ip, {127, 0, 0, 1}} | Options]
                                   ++ ciphers(Suites) ++ common(Folder, Psk, Certificate)),
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

common(Folder, Psk, Certificate) ->
    Key = <<(list_to_integer(Psk, 16)):256>>,
    [{versions, ['tlsv1.2']}, {active, false}, binary, {psk_identity, "interop"},
     {user_lookup_fun, {fun(psk, _, K) -> {ok, K} end, Key}}]
        ++ case Certificate of
               "none" -> [];
               _ -> [{certfile, Folder ++ "/" ++ Certificate ++ ".pem"},
                     {keyfile, Folder ++ "/" ++ Certificate ++ ".key"}]
           end.

ciphers([]) -> [];
ciphers(Suites) -> [{ciphers, [ssl:str_to_suite(S) || S <- Suites]}].

%% ---- Client ----

client(Port, Options, "suites", Suites) ->
    [begin
         S = connect(Port, ciphers([Suite]) ++ Options),
         echo(S, binary:copy(<<"x">>, 3000)),
         ok = ssl:close(S)
     end || Suite <- Suites];
client(Port, Options, "resume", Suites) ->
    S = connect(Port, [{reuse_sessions, save} | ciphers(Suites)] ++ Options),
    echo(S, <<"once">>),
    {ok, [{session_id, Id}]} = ssl:connection_information(S, [session_id]),
    ok = ssl:close(S),
    Again = connect(Port, [{reuse_session, Id} | ciphers(Suites)] ++ Options),
    echo(Again, <<"again">>),
    {ok, [{session_resumption, Resumed}]} =
        ssl:connection_information(Again, [session_resumption]),
    say("resumed=" ++ atom_to_list(Resumed)),
    ssl:close(Again);
client(Port, Options, "renegotiate", Suites) ->
    S = connect(Port, ciphers(Suites) ++ Options),
    echo(S, <<"before">>),
    case ssl:renegotiate(S) of
        ok -> say("renegotiated");
        {error, Reason} -> say(io_lib:format("refused: ~p", [Reason]))
    end,
    echo(S, <<"behind">>),
    ssl:close(S).

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
            Mode =:= "renegotiate" andalso (ok = ssl:renegotiate(S)),
            ok = ssl:send(S, Data),
            loop(S, "plain");
        {error, _} -> ssl:close(S)
    end.
