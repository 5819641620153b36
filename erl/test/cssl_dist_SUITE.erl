%%% cssl_dist_SUITE - Erlang distribution over the library: nodes that ping each other, send big
%%% terms, go down and come again, and refuse who has no certificate of their authority.
-module(cssl_dist_SUITE).
-include_lib("common_test/include/ct.hrl").

-export([all/0, groups/0, init_per_suite/1, end_per_suite/1, init_per_group/2, end_per_group/2]).
-export([three_nodes/1, big_terms/1, many_messages/1, down_and_up/1, killed_node/1, ticks/1,
         wrong_certificate/1, no_certificate/1, wrong_name/1, garbage/1, silent_peer/1,
         before_applications/1, options_of_a_connection/1, words/1, bad_optfile/1,
         with_otp/1]).

all() -> [{group, cssl}, {group, inet_tls}, words, bad_optfile, with_otp].

groups() ->
    Cases = [three_nodes, big_terms, many_messages, down_and_up, killed_node, wrong_certificate,
             no_certificate, wrong_name, garbage, silent_peer, before_applications,
             options_of_a_connection],
    [{cssl, [], [ticks | Cases]}, {inet_tls, [], Cases}].

init_per_suite(Config0) ->
    _ = os:cmd("epmd -daemon"),
    Config = cssl_test:certificates(Config0),
    Other = filename:join(?config(priv_dir, Config), "other"),
    ok = filelib:ensure_dir(filename:join(Other, "certs/x")),
    Foreign = cssl_test:certificates(lists:keystore(priv_dir, 1, Config, {priv_dir, Other})),
    [{foreign, Foreign} | Config].

end_per_suite(_) -> ok.

init_per_group(Name, Config) -> [{proto, atom_to_list(Name)} | Config].

end_per_group(_, _) -> ok.

%% optfile(Config, Name, Server, Client) writes a file of these.
optfile(Config, Name, Server, Client) ->
    File = filename:join(?config(priv_dir, Config), Name),
    ok = file:write_file(File, io_lib:format("~p.~n", [[{server, Server}, {client, Client}]])),
    File.

good(Config) ->
    optfile(Config, "good.opt", cssl_test:options(mutual_server, Config),
            cssl_test:options(mutual_client, Config)).

start(Config, Optfile) ->
    start(Config, Optfile, []).

start(Config, Optfile, More) ->
    start_as(Config, "127.0.0.1", "x" ++ unique(), Optfile, More).

start_as(Config, Host, Name, Optfile, More) ->
    Arguments = ["-proto_dist", proplists:get_value(proto, Config, "cssl"), "-ssl_dist_optfile",
                 Optfile, "-setcookie", "dist", names(Host), Name ++ "@" ++ Host | More],
    {ok, Peer, _} = cssl_test:node(Arguments),
    {Peer, peer:call(Peer, erlang, node, [])}.

names("localhost") -> "-sname";
names(_) -> "-name".

unique() ->
    os:getpid() ++ "_" ++ integer_to_list(erlang:unique_integer([positive])).

call(Peer, Module, Function, Arguments) ->
    peer:call(Peer, Module, Function, Arguments, 20000).

stop(Peers) ->
    [peer:stop(Peer) || Peer <- Peers],
    ok.

%% Three nodes know each other, and it is TLS that they speak.
three_nodes(Config) ->
    File = good(Config),
    [{A, NodeA}, {B, NodeB}, {C, NodeC}] = [start(Config, File) || _ <- "abc"],
    pong = call(A, net_adm, ping, [NodeB]),
    pong = call(B, net_adm, ping, [NodeC]),
    pong = call(C, net_adm, ping, [NodeA]),
    [NodeB, NodeC] = lists:sort(call(A, erlang, nodes, [])),
    NodeC = call(A, erpc, call, [NodeC, erlang, node, []]),
    {ok, Info} = call(A, net_kernel, node_info, [NodeB]),
    {net_address, {{127, 0, 0, 1}, _}, "127.0.0.1", tls, inet} = proplists:get_value(address, Info),
    stop([A, B, C]).

pair(Config) ->
    File = good(Config),
    [{A, _}, {B, NodeB}] = [start(Config, File) || _ <- "ab"],
    pong = call(A, net_adm, ping, [NodeB]),
    {A, B, NodeB}.

big_terms(Config) ->
    {A, B, NodeB} = pair(Config),
    ok = call(A, erpc, call, [call(A, erlang, node, []), fun() -> big(NodeB) end]),
    stop([A, B]).

big(Node) ->
    [begin
         Big = binary:copy(<<Size:64>>, Size),
         Big = erpc:call(Node, binary, copy, [Big])
     end || Size <- [1, 1000, 8191, 8192, 100000, 1000000]],
    List = lists:seq(1, 500000),
    List = erpc:call(Node, lists, reverse, [lists:reverse(List)]),
    ok.

%% Many processes at both ends send at once; each of them sees its own in order.
many_messages(Config) ->
    {A, B, NodeB} = pair(Config),
    Play = fun() -> echo(2000) end,
    Expected = lists:duplicate(10, {ok, 2000}),
    Expected = call(A, erpc, multicall, [lists:duplicate(10, NodeB), Play, 20000]),
    stop([A, B]).

%% echo(N) plays with a process of the first other node, and counts what is in order.
echo(N) ->
    Self = self(),
    [Other | _] = nodes(connected),
    Pid = spawn_link(Other, fun() -> play(Self) end),
    [Pid ! {I, binary:copy(<<I:16>>, I rem 700)} || I <- lists:seq(1, N)],
    length([I || I <- lists:seq(1, N), receive {echo, J, _} -> J =:= I end]).

play(To) ->
    receive {I, Data} -> To ! {echo, I, Data}, play(To) end.

down_and_up(Config) ->
    File = good(Config),
    {A, _} = start(Config, File),
    Name = "again" ++ unique(),
    {B, NodeB} = start_as(Config, "127.0.0.1", Name, File, []),
    pong = call(A, net_adm, ping, [NodeB]),
    watch(A, NodeB),
    peer:stop(B),
    down = seen(A),
    pang = call(A, net_adm, ping, [NodeB]),
    {B2, NodeB} = start_as(Config, "127.0.0.1", Name, File, []),
    pong = call(A, net_adm, ping, [NodeB]),
    true = call(A, erlang, disconnect_node, [NodeB]),
    [] = call(A, erlang, nodes, []),
    pong = call(A, net_adm, ping, [NodeB]),
    stop([A, B2]).

%% A node that is killed is gone at once, and leaves no process of its connection behind.
killed_node(Config) ->
    File = good(Config),
    {A, _} = start(Config, File),
    pang = call(A, net_adm, ping, ['nobody@127.0.0.1']),
    {B, NodeB} = start(Config, File),
    pong = call(A, net_adm, ping, [NodeB]),
    Links = links(A),
    2 = length(Links),
    watch(A, NodeB),
    Pid = call(B, os, getpid, []),
    unlink(B),
    _ = os:cmd("kill -9 " ++ Pid),
    down = seen(A),
    true = call(A, erpc, call, [call(A, erlang, node, []), fun() -> gone(Links) end]),
    stop([A]).

links(Peer) ->
    call(Peer, erpc, call, [call(Peer, erlang, node, []), fun local_links/0]).

local_links() ->
    [Pid || Pid <- processes(),
            {current_function, {Module, _, _}} <- [process_info(Pid, current_function)],
            {_, Stack} <- [process_info(Pid, current_stacktrace)],
            Module =:= cssl_dist_link orelse lists:keymember(cssl_dist_link, 1, Stack)].

gone(Pids) ->
    [begin
         Ref = monitor(process, Pid),
         receive {'DOWN', Ref, _, _, _} -> ok end
     end || Pid <- Pids],
    true.

%% watch(Peer, Node), seen(Peer): a process there waits until Node is down.
watch(Peer, Node) ->
    Here = call(Peer, erlang, node, []),
    true = call(Peer, erpc, call, [Here, fun() -> watching(Node) end]).

watching(Node) ->
    Self = self(),
    Pid = spawn(fun() ->
                        true = register(?MODULE, self()),
                        true = monitor_node(Node, true),
                        Self ! {self(), ready},
                        receive {nodedown, Node} -> ok end,
                        receive {From, seen} -> From ! down end
                end),
    receive {Pid, ready} -> true end.

seen(Peer) ->
    Here = call(Peer, erlang, node, []),
    call(Peer, erpc, call,
         [Here, fun() -> ?MODULE ! {self(), seen}, receive down -> down end end]).

%% With a tick time of two seconds, an idle connection lives on for longer than that.
ticks(Config) ->
    File = good(Config),
    More = ["-kernel", "net_ticktime", "2"],
    [{A, _}, {B, NodeB}] = [start(Config, File, More) || _ <- "ab"],
    pong = call(A, net_adm, ping, [NodeB]),
    ok = call(A, erpc, call, [call(A, erlang, node, []), fun() -> idle(NodeB, 5000) end]),
    stop([A, B]).

idle(Node, Time) ->
    true = monitor_node(Node, true),
    receive {nodedown, Node} -> down after Time -> ok end.

refused(Config, Bad) ->
    {A, NodeA} = start(Config, good(Config)),
    {B, NodeB} = start(Config, Bad),
    pang = call(B, net_adm, ping, [NodeA]),
    pang = call(A, net_adm, ping, [NodeB]),
    [] = call(A, erlang, nodes, [connected]) -- [NodeA],
    {C, NodeC} = start(Config, good(Config)),
    pong = call(A, net_adm, ping, [NodeC]),
    stop([A, B, C]).

wrong_certificate(Config) ->
    Foreign = ?config(foreign, Config),
    Ca = lists:keyfind(cacertfile, 1, cssl_test:options(client, Config)),
    Trust = fun(Options) -> lists:keystore(cacertfile, 1, Options, Ca) end,
    refused(Config, optfile(Config, "wrong.opt", Trust(cssl_test:options(mutual_server, Foreign)),
                            Trust(cssl_test:options(mutual_client, Foreign)))).

no_certificate(Config) ->
    {A, NodeA} = start(Config, good(Config)),
    {B, _} = start(Config, optfile(Config, "none.opt", cssl_test:options(mutual_server, Config),
                                   cssl_test:options(client, Config))),
    pang = call(B, net_adm, ping, [NodeA]),
    [] = call(A, erlang, nodes, []),
    stop([A, B]).

%% The certificate is for localhost and 127.0.0.1; a node at 127.0.0.2 can't have it.
wrong_name(Config) ->
    {A, _} = start(Config, good(Config)),
    {B, NodeB} = start_as(Config, "127.0.0.2", "n" ++ unique(), good(Config), []),
    pang = call(A, net_adm, ping, [NodeB]),
    [] = call(B, erlang, nodes, []),
    stop([A, B]).

port(Peer, Node) ->
    [Name, _] = string:split(atom_to_list(Node), "@"),
    {port, Port, _} = call(Peer, erl_epmd, port_please, [Name, {127, 0, 0, 1}]),
    Port.

%% What isn't TLS is refused, and the next one is served.
garbage(Config) ->
    {A, _} = start(Config, good(Config)),
    {B, NodeB} = start(Config, good(Config)),
    Port = port(B, NodeB),
    [begin
         {ok, Tcp} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
         ok = gen_tcp:send(Tcp, Bytes),
         closed = until_closed(Tcp)
     end || Bytes <- [<<"GET / HTTP/1.0\r\n\r\n">>, <<0, 9, "n", 0:56>>, <<22, 3, 1, 255, 255>>]],
    pong = call(A, net_adm, ping, [NodeB]),
    stop([A, B]).

until_closed(Tcp) ->
    case gen_tcp:recv(Tcp, 0, 5000) of
        {ok, _} -> until_closed(Tcp);
        {error, timeout} -> timeout;
        {error, _} -> closed
    end.

%% Who connects and says nothing holds up nobody.
silent_peer(Config) ->
    {A, _} = start(Config, good(Config)),
    {B, NodeB} = start(Config, good(Config)),
    Port = port(B, NodeB),
    Silent = [element(2, {ok, _} = gen_tcp:connect({127, 0, 0, 1}, Port, [])) || _ <- "123456"],
    pong = call(A, net_adm, ping, [NodeB]),
    [gen_tcp:close(Tcp) || Tcp <- Silent],
    stop([A, B]).

%% Neither cssl nor ssl is started for it, and both can be used later.
before_applications(Config) ->
    {A, B, _} = pair(Config),
    Started = [App || {App, _, _} <- call(A, application, which_applications, [])],
    [] = [App || App <- [cssl, ssl, crypto, public_key], lists:member(App, Started)],
    ok = call(A, cssl, start, []),
    stop([A, B]).

options_of_a_connection(Config) ->
    {A, B, NodeB} = pair(Config),
    {ok, [{nodelay, true}]} = call(A, net_kernel, getopts, [NodeB, [nodelay]]),
    ok = call(A, net_kernel, setopts, [NodeB, [{nodelay, false}]]),
    {ok, [{nodelay, false}]} = call(A, net_kernel, getopts, [NodeB, [nodelay]]),
    {error, _} = call(A, net_kernel, setopts, [NodeB, [{active, true}]]),
    pong = call(A, net_adm, ping, [NodeB]),
    stop([A, B]).

words(_) ->
    {ok, [{server, [{certfile, "a"}, {fail_if_no_peer_cert, true}, {depth, 3}]},
          {client, [{verify, verify_peer}, {verify_fun, {Fun, []}}]}]} =
        cssl_dist_options:pairs(["server_certfile", "a", "client_verify", "verify_peer",
                                 "server_fail_if_no_peer_cert", "true", "server_depth", "3",
                                 "client_verify_fun", "{lists,foldl,[]}"]),
    {arity, 3} = erlang:fun_info(Fun, arity),
    [{error, {ssl_dist_opt, Word}} = cssl_dist_options:pairs(Words)
     || {Word, Words} <- [{"certfile", ["certfile", "x"]}, {"server_x", ["server_x", "y"]},
                          {"client_depth", ["client_depth"]}]].

bad_optfile(Config) ->
    File = filename:join(?config(priv_dir, Config), "bad.opt"),
    {error, {ssl_dist_optfile, File, enoent}} = cssl_dist_options:read(File),
    [begin
         ok = file:write_file(File, Text),
         Error = cssl_dist_options:read(File),
         {Text, error, ssl_dist_optfile} = {Text, element(1, Error), element(1, element(2, Error))}
     end || Text <- ["", "[", "[].\n [].", "{server, []}.", "[{server, 1}].", "[a].", "\"x"]],
    ok = file:write_file(File, "%% none\n[{server, [{depth, 2}]}]."),
    {ok, [{server, [{depth, 2}]}]} = cssl_dist_options:read(File).

%% A node over OTP's ssl and one over cssl, in both directions. Their host has a name: OTP names an
%% address as if it were one in its hello, which no server has to accept.
with_otp(Config) ->
    File = good(Config),
    {A, _} = start_as(Config, "localhost", "x" ++ unique(), File, []),
    {ok, B, NodeB} = peer:start_link(
                       #{connection => standard_io, name => "otp" ++ unique(),
                         host => "localhost", longnames => false,
                         args => ["-proto_dist", "inet_tls", "-ssl_dist_optfile", File,
                                  "-setcookie", "dist"]}),
    pong = call(A, net_adm, ping, [NodeB]),
    Big = binary:copy(<<"big">>, 100000),
    Big = call(A, erpc, call, [NodeB, binary, copy, [Big]]),
    {C, NodeC} = start_as(Config, "localhost", "y" ++ unique(), File, []),
    pong = call(B, net_adm, ping, [NodeC]),
    Big = call(B, erpc, call, [NodeC, binary, copy, [Big]]),
    stop([A, B, C]).
