%%% cssl_session_SUITE - what outlives a connection: sessions of TLS 1.2, tickets of TLS 1.3 in each
%%% mode, early data, files that change; and renegotiation, which makes a connection's session anew.
-module(cssl_session_SUITE).

-include_lib("common_test/include/ct.hrl").
-include_lib("stdlib/include/assert.hrl").

-export([all/0, groups/0, init_per_suite/1, end_per_suite/1]).
-export([resume_12/1, resume_13_auto/1, resume_13_stateless/1, not_resumed/1, manual/1,
         early_accepted/1, early_rejected/1, otp_server_12/1, otp_client_12/1, other_fun/1,
         seed_shared/1, renegotiate/1, renegotiate_active/1, renegotiate_13/1, renewed/1,
         cleared/1, bounded/1]).

all() ->
    [resume_12, resume_13_auto, resume_13_stateless, not_resumed, manual, early_accepted,
     early_rejected, otp_server_12, otp_client_12, other_fun, seed_shared, renegotiate,
     renegotiate_active, renegotiate_13, renewed, cleared, bounded].

groups() -> [].

init_per_suite(Config) ->
    {ok, _} = application:ensure_all_started(ssl),
    cssl_test:certificates(Config).

end_per_suite(_) -> ok.

-define(V12, {versions, ['tlsv1.2']}).
-define(V13, {versions, ['tlsv1.3']}).

%%% Resumption

resume_12(Config) ->
    [false, true, true] = resumptions(Config, cssl, [?V12], cssl, [[?V12] || _ <- [1, 2, 3]]).

resume_13_auto(Config) ->
    [false, true, true] = resumptions(Config, cssl, [?V13, {session_tickets, stateful}], cssl,
                                      [[?V13, {session_tickets, auto}] || _ <- [1, 2, 3]]).

resume_13_stateless(Config) ->
    [false, true] = resumptions(Config, cssl, [{session_tickets, stateless}], cssl,
                                [[{session_tickets, auto}] || _ <- [1, 2]]).

%% TLS 1.3 resumes nothing unless tickets are asked for; 1.2 nothing when it is told so.
not_resumed(Config) ->
    [false, false] = resumptions(Config, cssl, [], cssl, [[], []]),
    [false, false] = resumptions(Config, cssl, [?V12], cssl,
                                 [[?V12, {reuse_sessions, false}] || _ <- [1, 2]]),
    [false, false] = resumptions(Config, cssl, [?V12, {reuse_sessions, false}], cssl,
                                 [[?V12], [?V12]]).

%% OTP knows no extended master secret, without which no session is resumed (RFC 7627 5.3).
otp_server_12(Config) ->
    [false, false] = resumptions(Config, ssl, [?V12], cssl, [[?V12], [?V12]]).

otp_client_12(Config) ->
    [false, false] = resumptions(Config, cssl, [?V12], ssl, [[?V12], [?V12]]).

%% A session that was made under one fun is not resumed under another one.
other_fun(Config) ->
    Fun = fun(N) ->
                  fun(_, {bad_cert, _} = R, _) -> {fail, {R, N}};
                     (_, {extension, _}, S) -> {unknown, S};
                     (_, _, S) -> {valid, S}
                  end
          end,
    Options = fun(F) -> [?V12, {verify_fun, {F, []}}] end,
    A = Fun(1), B = Fun(2),
    [false, true, false] = resumptions(Config, cssl, [?V12], cssl,
                                       [Options(A), Options(A), Options(B)]).

seed_shared(Config) ->
    Server = [{session_tickets, stateless},
              {stateless_tickets_seed, binary:copy(<<"0123456789abcdef">>, 2)}],
    with_server(Config, cssl, Server, fun(P1) ->
        S1 = connect(cssl, P1, [{session_tickets, manual}], Config),
        again = exchange(cssl, S1),
        Ticket = ticket(),
        with_server(Config, cssl, Server, fun(P2) ->
            S2 = connect(cssl, P2, [{session_tickets, manual}, {use_ticket, [Ticket]}], Config),
            ?assertEqual(true, resumed(cssl, S2)),
            again = exchange(cssl, S2)
        end)
    end).

manual(Config) ->
    with_server(Config, cssl, [?V13, {session_tickets, stateful}],
                fun(Port) ->
                        Options = [?V13, {session_tickets, manual}],
                        First = connect(cssl, Port, Options, Config),
                        again = exchange(cssl, First),
                        #{sni := "localhost", ticket := Bytes} = Ticket = ticket(),
                        ?assert(is_binary(Bytes)),
                        Second = connect(cssl, Port, [{use_ticket, [Ticket]} | Options], Config),
                        ?assertEqual(true, resumed(cssl, Second)),
                        again = exchange(cssl, Second)
                end).

%%% Early data

early_accepted(Config) ->
    early(Config, [{early_data, enabled}], accepted).

early_rejected(Config) ->
    early(Config, [], rejected).

early(Config, ServerOptions, Expected) ->
    _ = cssl_test:flush(),
    with_server(Config, cssl, [?V13, {session_tickets, stateless} | ServerOptions],
                fun(Port) ->
                        Options = [?V13, {session_tickets, auto}],
                        First = connect(cssl, Port, Options, Config),
                        again = exchange(cssl, First),
                        Early = [{early_data, <<"again">>}],
                        Second = connect(cssl, Port, Early ++ Options, Config),
                        case Expected of
                            accepted ->
                                receive {ssl, Second, {early_data, accepted}} -> ok
                                after 5000 -> error(not_told)
                                end,
                                {ok, <<"again">>} = cssl:recv(Second, 5, 5000);
                            rejected ->
                                %% The ticket allows no early data: none is delivered.
                                receive {ssl, Second, {early_data, rejected}} -> ok
                                after 5000 -> error(not_told)
                                end,
                                again = exchange(cssl, Second)
                        end
                end).

%%% Renegotiation

renegotiate(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, true}, ?V12], [{active, false}, ?V12]),
    ok = cssl:send(S, "before"),
    ok = cssl:renegotiate(C),
    ok = cssl:send(C, "after"),
    "after" = all_of(S, 5),
    {ok, "before"} = cssl:recv(C, 6, 5000),
    cssl:close(C), cssl:close(S).

renegotiate_active(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, true}, ?V12], [{active, true}, ?V12]),
    ok = cssl:renegotiate(C),
    ok = cssl:send(C, "x"),
    "x" = all_of(S, 1),
    cssl:close(C), cssl:close(S).

renegotiate_13(Config) ->
    {S, C} = cssl_test:pair(Config, [{active, true}, ?V13], [{active, false}, ?V13]),
    {error, notsup} = cssl:renegotiate(C),
    cssl:close(C), cssl:close(S).

all_of(_, 0) -> [];
all_of(S, N) ->
    receive {ssl, S, Data} -> Data ++ all_of(S, N - length(Data))
    after 5000 -> error(silent)
    end.

%%% Configs

%% A file that has changed is read anew when the cache is cleared, and sessions are kept.
renewed(Config) ->
    Ca = filename:join(?config(priv_dir, Config), "renewed.pem"),
    {ok, _} = file:copy(filename:join(?config(certs, Config), "ca.pem"), Ca),
    Options = [?V12, {active, false}, {verify, verify_peer}, {cacertfile, Ca}],
    with_server(Config, cssl, [?V12],
                fun(Port) ->
                        {ok, A} = cssl:connect("localhost", Port, Options, 5000),
                        again = exchange(cssl, A),
                        ok = file:delete(Ca),
                        {ok, B} = cssl:connect("localhost", Port, Options, 5000),
                        again = exchange(cssl, B),
                        ok = cssl:clear_pem_cache(),
                        {error, {options, Fault}} = cssl:connect("localhost", Port, Options, 5000),
                        ?assertEqual(cacertfile, element(1, Fault)),
                        {ok, _} = file:copy(filename:join(?config(certs, Config), "ca.pem"), Ca),
                        {ok, C} = cssl:connect("localhost", Port, Options, 5000),
                        ?assertEqual(true, resumed(cssl, C)),
                        again = exchange(cssl, C)
                end).

cleared(_) ->
    ok = cssl:clear_pem_cache(),
    ok = cssl:clear_pem_cache().

bounded(Config) ->
    [{ok, _} = cssl_connection:config(client, element(2, cssl_options:client(
         [{depth, N rem 250}, {max_handshake_size, 5000 + N} | cssl_test:options(client, Config)],
         "localhost"))) || N <- lists:seq(1, 300)],
    ?assert(ets:info(cssl_configs, size) =< 128).

%%% Servers that answer each connection with what they hear, "again"

resumptions(Config, Server, ServerOptions, Client, Connections) ->
    with_server(Config, Server, ServerOptions,
                fun(Port) ->
                        [begin
                             Socket = connect(Client, Port, Options, Config),
                             Resumed = resumed(Client, Socket),
                             again = exchange(Client, Socket),
                             Resumed
                         end || Options <- Connections]
                end).

connect(Module, Port, Options, Config) ->
    {ok, Socket} = Module:connect("localhost", Port, [{active, false}, binary | Options] ++
                                      cssl_test:options(client, Config), 5000),
    Socket.

resumed(Module, Socket) ->
    {ok, [{session_resumption, Is}]} = Module:connection_information(Socket, [session_resumption]),
    Is.

%% A round trip, so that the tickets have come too.
exchange(Module, Socket) ->
    ok = Module:send(Socket, "again"),
    {ok, Data} = Module:recv(Socket, 5, 5000),
    "again" = unicode:characters_to_list(iolist_to_binary([Data])),
    ok = Module:close(Socket),
    again.

ticket() ->
    receive {ssl, session_ticket, Ticket} -> Ticket after 5000 -> error(no_ticket) end.

with_server(Config, Module, Options, Fun) ->
    {ok, Listen} = Module:listen(0, [{active, false}, binary | Options] ++
                                     cssl_test:options(server, Config)),
    {ok, {_, Port}} = Module:sockname(Listen),
    Pid = spawn_link(fun() -> echo(Module, Listen) end),
    Result = Fun(Port),
    unlink(Pid),
    exit(Pid, kill),
    _ = Module:close(Listen),
    Result.

echo(Module, Listen) ->
    case Module:transport_accept(Listen) of
        {ok, Accepted} ->
            case Module:handshake(Accepted, 5000) of
                {ok, Socket} -> repeat(Module, Socket);
                {error, _} -> ok
            end,
            echo(Module, Listen);
        {error, closed} ->
            ok
    end.

repeat(Module, Socket) ->
    case Module:recv(Socket, 0, 5000) of
        {ok, Data} -> _ = Module:send(Socket, Data), repeat(Module, Socket);
        {error, _} -> Module:close(Socket)
    end.
