%%% ssl_server - a TLS server as tutorials of the 2010s write it: ssl_accept/1, a process for each
%%% connection, lists. With the drop-in in front of the code path it runs as it is:
%%%
%%%     cssl cert issue --out . localhost
%%%     erl -pa build/erl/cssl/ebin build/erl/dropin/ebin -eval 'ssl_server:start(8443).'
-module(ssl_server).
-export([start/1]).

start(Port) ->
    ssl:start(),
    {ok, ListenSocket} = ssl:listen(Port, [{certfile, "server.pem"}, {keyfile, "server.key"},
                                           {reuseaddr, true}, {active, false}]),
    {ok, {_, Number}} = ssl:sockname(ListenSocket),
    persistent_term:put(ssl_server_port, Number),
    io:format("listening on ~p~n", [Number]),
    accept(ListenSocket).

accept(ListenSocket) ->
    {ok, Socket} = ssl:transport_accept(ListenSocket),
    ok = ssl:ssl_accept(Socket),
    Pid = spawn(fun() -> receive go -> serve(Socket) end end),
    ok = ssl:controlling_process(Socket, Pid),
    Pid ! go,
    accept(ListenSocket).

serve(Socket) ->
    {ok, Data} = ssl:recv(Socket, 0),
    io:format("received ~p~n", [Data]),
    ok = ssl:send(Socket, "Hello, secure world!"),
    ssl:close(Socket).
