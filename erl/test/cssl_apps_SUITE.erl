%%% cssl_apps_SUITE - other people's applications, unmodified, on a node with the drop-in in front:
%%% inets' server and client, Elixir's shell, RabbitMQ with its AMQP client and its management.
-module(cssl_apps_SUITE).
-include_lib("common_test/include/ct.hrl").

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([inets/1, httpc_refuses/1, elixir/1, upgraded_socket/1, rabbitmq/1]).
-export([web/2, get/2, amqp/2, free_port/0, upgrade/2]).

all() -> [inets, httpc_refuses, elixir, upgraded_socket, rabbitmq].

init_per_suite(Config) ->
    _ = os:cmd("epmd -daemon"),
    cssl_test:certificates(Config).

end_per_suite(_) -> ok.

file(Config, Name) -> filename:join(?config(certs, Config), Name).

drop_in(Arguments) ->
    {ok, Peer, _} = cssl_test:node(Arguments),
    Drop = filename:join([cssl_test:build(), "erl", "dropin", "ebin", "ssl.beam"]),
    Drop = peer:call(Peer, code, which, [ssl]),
    Peer.

call(Peer, Function, Arguments) ->
    peer:call(Peer, ?MODULE, Function, Arguments, 30000).

%% inets: httpd and httpc are on one node, httpc of OTP's ssl on another; big and many answers.
inets(Config) ->
    Peer = drop_in([]),
    Port = call(Peer, web, [?config(priv_dir, Config), cssl_test:options(server, Config)]),
    Client = cssl_test:options(client, Config),
    {ok, Plain, _} = peer:start_link(#{connection => standard_io,
                                       args => ["-pa", filename:dirname(code:which(?MODULE))]}),
    [begin
         Url = "https://localhost:" ++ integer_to_list(Port) ++ "/" ++ integer_to_list(Size),
         {ok, {{_, 200, _}, _, Body}} = call(From, get, [Url, Client]),
         {Size, true} = {Size, Body =:= body(Size)}
     end || From <- [Peer, Plain], Size <- [1, 1000, 100000, 3000000]],
    peer:stop(Plain),
    peer:stop(Peer).

body(Size) -> lists:duplicate(Size, $x).

-spec web(file:filename(), list()) -> inet:port_number().
web(Root, Options) ->
    {ok, _} = application:ensure_all_started(inets),
    [ok = file:write_file(filename:join(Root, integer_to_list(Size)), body(Size))
     || Size <- [1, 1000, 100000, 3000000]],
    {ok, Pid} = inets:start(httpd, [{port, 0}, {server_name, "localhost"}, {server_root, Root},
                                    {document_root, Root}, {bind_address, {127, 0, 0, 1}},
                                    {socket_type, {ssl, Options -- [{reuseaddr, true}]}}]),
    [{port, Port}] = httpd:info(Pid, [port]),
    Port.

-spec get(string(), list()) -> {ok, term()} | {error, term()}.
get(Url, Options) ->
    [{ok, _} = application:ensure_all_started(App) || App <- [inets, ssl]],
    httpc:request(get, {Url, []}, [{ssl, Options}, {timeout, 20000}], []).

httpc_refuses(Config) ->
    Peer = drop_in([]),
    Port = call(Peer, web, [?config(priv_dir, Config), cssl_test:options(server, Config)]),
    Url = "https://localhost:" ++ integer_to_list(Port) ++ "/1",
    {error, {failed_connect, Why}} =
        call(Peer, get, [Url, [{verify, verify_peer}, {cacertfile, file(Config, "client.pem")}]]),
    {inet, _, {tls_alert, {unknown_ca, _}}} = lists:keyfind(inet, 1, Why),
    peer:stop(Peer).

elixir(Config) ->
    Peer = drop_in([]),
    Port = call(Peer, web, [?config(priv_dir, Config), cssl_test:options(server, Config)]),
    Ebin = filename:join([cssl_test:build(), "erl"]),
    Script = io_lib:format(
               "{:ok, s} = :ssl.connect('localhost', ~b, active: false, verify: :verify_peer, "
               "cacertfile: '~ts'); :ok = :ssl.send(s, \"GET /1 HTTP/1.0\\r\\n\\r\\n\"); "
               "{:ok, a} = :ssl.recv(s, 0); IO.puts(Enum.take(a, 12)); IO.puts(:code.which(:ssl))",
               [Port, file(Config, "ca.pem")]),
    File = filename:join(?config(priv_dir, Config), "client.exs"),
    ok = file:write_file(File, unicode:characters_to_binary(Script)),
    Output = os:cmd(lists:flatten(["elixir -pa ", Ebin, "/cssl/ebin -pa ", Ebin, "/dropin/ebin ",
                                   File, " 2>&1"])),
    {Output, {match, _}} = {Output, re:run(Output, "HTTP/1\\.[01] 200\\n.*/dropin/ebin/ssl.beam")},
    peer:stop(Peer).

%% A TCP socket that is upgraded delivers as it did: here binaries, passive.
upgraded_socket(Config) ->
    Peer = drop_in([]),
    Port = call(Peer, web, [?config(priv_dir, Config), cssl_test:options(server, Config)]),
    <<"HTTP", _/binary>> = call(Peer, upgrade, [Port, cssl_test:options(client, Config)]),
    peer:stop(Peer).

-spec upgrade(inet:port_number(), list()) -> binary().
upgrade(Port, Options) ->
    {ok, Tcp} = gen_tcp:connect("localhost", Port, [binary, {active, false}]),
    {ok, Socket} = ssl:connect(Tcp, [{server_name_indication, "localhost"} | Options]),
    {ok, [{mode, binary}, {active, false}]} = ssl:getopts(Socket, [mode, active]),
    ok = ssl:send(Socket, "GET /1 HTTP/1.0\r\n\r\n"),
    {ok, Answer} = ssl:recv(Socket, 0),
    Answer.

-spec free_port() -> inet:port_number().
free_port() ->
    {ok, Listen} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Listen),
    ok = gen_tcp:close(Listen),
    Port.

%% RabbitMQ over the drop-in; AMQP's client over OTP's ssl and over the drop-in; its web pages.
rabbitmq(Config) ->
    case filelib:wildcard("/usr/lib/rabbitmq/lib/rabbitmq_server-*") of
        [] ->
            "true" =/= os:getenv("CI") orelse error(no_rabbitmq),
            {skip, "RabbitMQ isn't installed"};
        [Home | _] -> rabbitmq(Config, Home)
    end.

rabbitmq(Config, Home) ->
    [Amqps, Web, Dist] = [free_port() || _ <- "123"],
    Broker = start_broker(Config, Home, Amqps, Web, Dist),
    try
        Plugins = filelib:wildcard(Home ++ "/plugins/*/ebin"),
        Client = cssl_test:options(client, Config),
        {ok, Plain, _} = peer:start_link(
                           #{connection => standard_io,
                             args => ["-pa", filename:dirname(code:which(?MODULE)) | Plugins]}),
        Peer = drop_in(["-pa" | Plugins]),
        [ok = call(From, amqp, [Amqps, file(Config, "ca.pem")]) || From <- [Plain, Peer]],
        Url = "https://localhost:" ++ integer_to_list(Web) ++ "/",
        {ok, {{_, 200, _}, _, _}} = call(Plain, get, [Url, Client]),
        {ok, {{_, 200, _}, _, _}} = call(Peer, get, [Url, Client]),
        peer:stop(Plain),
        peer:stop(Peer)
    after
        stop_broker(Broker)
    end.

start_broker(Config, Home, Amqps, Web, Dist) ->
    Dir = filename:join(?config(priv_dir, Config), "rabbit"),
    ok = filelib:ensure_dir(filename:join(Dir, "x")),
    Keys = [{"cacertfile", "ca.pem"}, {"certfile", "server.pem"}, {"keyfile", "server.key"}],
    Text = ["listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:", integer_to_list(Amqps),
            "\nmanagement.ssl.ip = 127.0.0.1\nmanagement.ssl.port = ", integer_to_list(Web), "\n",
            [[Prefix, Key, " = ", file(Config, Name), "\n"]
             || Prefix <- ["ssl_options.", "management.ssl."], {Key, Name} <- Keys]],
    ok = file:write_file(filename:join(Dir, "rabbit.conf"), Text),
    ok = file:write_file(filename:join(Dir, "plugins"), "[rabbitmq_management].\n"),
    Ebin = filename:join(cssl_test:build(), "erl"),
    Environment =
        [{"RABBITMQ_NODENAME", "cssl" ++ os:getpid() ++ "@localhost"}, {"HOME", Dir},
         {"RABBITMQ_MNESIA_BASE", Dir ++ "/mnesia"}, {"RABBITMQ_LOG_BASE", Dir ++ "/log"},
         {"RABBITMQ_CONFIG_FILE", Dir ++ "/rabbit.conf"}, {"RABBITMQ_PID_FILE", Dir ++ "/pid"},
         {"RABBITMQ_ENABLED_PLUGINS_FILE", Dir ++ "/plugins"},
         {"RABBITMQ_CONF_ENV_FILE", Dir ++ "/none"}, {"LC_ALL", "C.UTF-8"},
         {"RABBITMQ_DIST_PORT", integer_to_list(Dist)},
         {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
          "-pa " ++ Ebin ++ "/cssl/ebin -pa " ++ Ebin ++ "/dropin/ebin"}],
    Port = open_port({spawn_executable, Home ++ "/sbin/rabbitmq-server"},
                     [{env, Environment}, binary, stderr_to_stdout, exit_status]),
    started(Port, <<>>),
    {Port, os_pid(Dir)}.

started(Port, Before) ->
    receive
        {Port, {data, Data}} ->
            Seen = <<Before/binary, Data/binary>>,
            case binary:match(Seen, <<"completed with">>) of
                nomatch -> started(Port, Seen);
                _ -> ok
            end;
        {Port, {exit_status, Status}} -> error({exit_status, Status, Before})
    after 60000 -> error({not_started, Before})
    end.

os_pid(Dir) ->
    {ok, Text} = file:read_file(Dir ++ "/pid"),
    string:trim(binary_to_list(Text)).

stop_broker({Port, Pid}) ->
    _ = os:cmd("kill " ++ Pid),
    stopped(Port).

stopped(Port) ->
    receive
        {Port, {exit_status, _}} -> ok;
        {Port, _} -> stopped(Port)
    after 30000 -> error(not_stopped)
    end.

%% amqp(Port, Ca) publishes messages of some sizes, and consumes each. The methods are AMQP's, with
%% their fields in the protocol's order.
-spec amqp(inet:port_number(), file:filename()) -> ok.
amqp(Port, Ca) ->
    {ok, _} = application:ensure_all_started(amqp_client),
    {ok, Parameters} = amqp_uri:parse(
                         lists:flatten(["amqps://guest:guest@localhost:", integer_to_list(Port),
                                        "?verify=verify_peer&cacertfile=",
                                        uri_string:quote(Ca)])),
    {ok, Connection} = amqp_connection:start(Parameters),
    {ok, Channel} = amqp_connection:open_channel(Connection),
    {'queue.declare_ok', Queue, _, _} =
        amqp_channel:call(Channel,
                          {'queue.declare', 0, <<>>, false, false, true, false, false, []}),
    _ = amqp_channel:subscribe(Channel, {'basic.consume', 0, Queue, <<>>, false, true, false, false,
                                         []}, self()),
    receive {'basic.consume_ok', _} -> ok end,
    Properties = list_to_tuple(['P_basic' | lists:duplicate(14, undefined)]),
    [begin
         Body = binary:copy(<<Size:32>>, Size),
         ok = amqp_channel:cast(Channel, {'basic.publish', 0, <<>>, Queue, false, false},
                                {amqp_msg, Properties, Body}),
         receive {Deliver, {amqp_msg, _, Body}} when element(1, Deliver) =:= 'basic.deliver' -> ok
         after 10000 -> error({no_message, Size})
         end
     end || Size <- [0, 1, 100, 1000, 50000, 300000]],
    amqp_connection:close(Connection).
