%%% ssl_client - a TLS client that verifies its server, for ssl_server:
%%%
%%%     erl -pa build/erl/cssl/ebin build/erl/dropin/ebin -eval 'ssl_client:connect(8443).'
-module(ssl_client).
-export([connect/1]).

connect(Port) ->
    ssl:start(),
    {ok, Socket} = ssl:connect("localhost", Port, [{verify, verify_peer}, {cacertfile, "ca.pem"},
                                                   {active, false}]),
    ok = ssl:send(Socket, "Hello, server!"),
    {ok, Data} = ssl:recv(Socket, 0),
    ssl:close(Socket),
    Data.
