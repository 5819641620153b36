%%% cssl_packet_SUITE - packets of every type, passive and active, whole and in pieces, in lists and
%%% binaries. OTP's ssl gets the same bytes and has to say the same.
-module(cssl_packet_SUITE).

-include_lib("stdlib/include/assert.hrl").

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([passive/1, active/1, pieces/1, listed/1, headers/1, invalid/1, invalid_active/1,
         limited/1, changed/1, http_body/1]).

all() ->
    [passive, active, pieces, listed, headers, invalid, invalid_active, limited, changed,
     http_body].

init_per_suite(Config) ->
    {ok, _} = application:ensure_all_started(ssl),
    cssl_test:certificates(Config).

end_per_suite(_) ->
    ok.

%% A type, and two packets of it with something behind.
types() ->
    [{raw, <<"bytes">>}, {0, <<"bytes">>}, {1, <<1, "a", 2, "bc">>},
     {2, <<1:16, "a", 2:16, "bc">>}, {4, <<1:32, "a", 0:32>>},
     {asn1, <<4, 2, "ab", 48, 3, 2, 1, 7>>},
     {cdr, <<"GIOP", 1, 0, 0, 0, 4:32, "abcd", "GIOP", 1, 0, 0, 0, 0:32>>},
     {sunrm, <<16#80000004:32, "abcd", 16#80000000:32>>},
     {fcgi, <<1, 1, 0:16, 3:16, 1, 0, "abc", 0, 1, 1, 0:16, 0:16, 0, 0>>},
     {tpkt, <<3, 0, 6:16, "ab", 3, 0, 5:16, "c">>}, {line, <<"one\r\n", "two\n">>},
     {http, http()}, {http_bin, http()}, {httph, <<"Host: x\r\n\r\n">>},
     {httph_bin, <<"Host: x\r\nX-Own: y\r\n\r\n">>}].

http() ->
    <<"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Own: y\r\n\r\n">>.

passive(Config) ->
    alike(Config, fun(Type, Bytes) -> {[{packet, Type}, binary], [Bytes]} end, false).

active(Config) ->
    alike(Config, fun(Type, Bytes) -> {[{packet, Type}, binary], [Bytes]} end, true).

pieces(Config) ->
    alike(Config, fun(Type, Bytes) when Type =:= raw; Type =:= 0 -> {[binary], [Bytes]};
                     (Type, Bytes) -> {[{packet, Type}, binary], [<<B>> || <<B>> <= Bytes]}
                  end, true).

listed(Config) ->
    alike(Config, fun(Type, Bytes) -> {[{packet, Type}, list], [Bytes]} end, false).

%% Packets that are terms have no header; OTP's crashes over them.
headers(Config) ->
    Types = [{Type, Bytes} || {Type, Bytes} <- types(),
                              not lists:member(Type, [http, http_bin, httph, httph_bin])],
    alike(Config, Types,
          fun(Type, Bytes) -> {[{packet, Type}, {header, 2}, binary], [Bytes]} end, true).

alike(Config, Fun, Active) -> alike(Config, types(), Fun, Active).

alike(Config, Types, Fun, Active) ->
    [begin
         {Options, Pieces} = Fun(Type, Bytes),
         [Otp, Own] = [received(M, Config, Options, Pieces, Active) || M <- [ssl, cssl]],
         ?assertEqual({Type, Otp}, {Type, Own}),
         ?assertNotEqual([closed], Own)
     end || {Type, Bytes} <- Types].

%% received(Module, ...) is what comes of the pieces, one record each, at Module's server.
received(Module, Config, Options, Pieces, Active) ->
    {S, C} = cssl_test:pair(Module, Config, [{active, false} | Options], [{active, false}]),
    [ok = Module:send(C, Piece) || Piece <- Pieces],
    Closer = spawn_link(fun() -> Module:close(C) end),
    Result = case Active of
                 true -> Module:setopts(S, [{active, true}]), messages(S);
                 false -> packets(Module, S)
             end,
    Module:close(S),
    unlink(Closer),
    Result.

packets(Module, S) ->
    case Module:recv(S, 0, 5000) of
        {ok, Packet} -> [Packet | packets(Module, S)];
        {error, Why} -> [Why]
    end.

messages(S) ->
    receive
        {ssl, S, Packet} -> [Packet | messages(S)];
        {ssl_closed, S} -> [closed];
        {ssl_error, S, Why} -> [Why]
    after 5000 -> [silent]
    end.

bad() ->
    [{asn1, <<4, 255, "abcdefghij">>}, {cdr, <<"no GIOP at all">>},
     {tpkt, <<4, 0, 1:16, "ab">>}, {fcgi, <<9, 9, 9, 9, 9, 9, 9, 9, 9>>}].

invalid(Config) ->
    [begin
         [Otp, Own] = [received(M, Config, [{packet, Type}, Mode], [Bytes], false)
                       || M <- [ssl, cssl]],
         ?assertEqual({Type, Otp}, {Type, Own})
     end || {Type, Bytes} <- bad(), Mode <- [list, binary]].

invalid_active(Config) ->
    [begin
         [Otp, Own] = [received(M, Config, [{packet, Type}, Mode], [Bytes], true)
                       || M <- [ssl, cssl]],
         ?assertEqual({Type, Otp}, {Type, Own})
     end || {Type, Bytes} <- bad(), Mode <- [list, binary]].

%% packet_size bounds what a packet may be, and cuts lines.
limited(Config) ->
    [begin
         [Otp, Own] = [received(M, Config, [{packet, Type}, {packet_size, 4}, binary], [Bytes],
                                Active) || M <- [ssl, cssl]],
         ?assertEqual({Type, Otp}, {Type, Own})
     end || {Type, Bytes} <- [{4, <<5:32, "abcde">>}, {2, <<4:16, "abcd">>},
                              {line, <<"abcdefghij\n">>}],
            Active <- [false, true]].

%% The type may be another one for what waits already.
changed(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}, {packet, line}, binary], [{active, false}]),
    ok = cssl:send(C, <<"line\n", 3:16, "abc", 4, "defg", "rest">>),
    {ok, <<"line\n">>} = cssl:recv(S, 0, 5000),
    ok = cssl:setopts(S, [{packet, 2}, {mode, list}]),
    {ok, "abc"} = cssl:recv(S, 0, 5000),
    ok = cssl:setopts(S, [{packet, 1}, binary, {active, once}]),
    receive {ssl, S, <<"defg">>} -> ok after 5000 -> error(silent) end,
    ok = cssl:setopts(S, [{packet, raw}]),
    {ok, <<"re">>} = cssl:recv(S, 2, 5000),
    ok = cssl:setopts(S, [{active, once}, {header, 1}]),
    receive {ssl, S, [$s | <<"t">>]} -> ok after 5000 -> error(silent) end,
    cssl:close(C), cssl:close(S).

%% Each message asks for the next one, as a server does; the body is raw.
http_body(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, false}, {packet, http_bin}, binary],
                            [{active, false}]),
    [begin
         ok = cssl:send(C, "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"),
         ok = cssl:setopts(S, [{active, once}]),
         receive {ssl, S, {http_request, 'POST', {abs_path, <<"/">>}, {1, 1}}} -> ok
         after 5000 -> error(silent)
         end,
         {ok, {http_header, _, 'Content-Length', _, <<"4">>}} = cssl:recv(S, 0, 5000),
         ok = cssl:setopts(S, [{active, once}]),
         receive {ssl, S, http_eoh} -> ok after 5000 -> error(silent) end,
         {ok, [{packet, http_bin}]} = cssl:getopts(S, [packet]),
         ok = cssl:setopts(S, [{packet, raw}]),
         {ok, <<"body">>} = cssl:recv(S, 4, 5000),
         ok = cssl:setopts(S, [{packet, http_bin}])
     end || _ <- lists:seq(1, 50)],
    cssl:close(C), cssl:close(S).
