%%% cssl_test - what the suites share: certificates, a server and a client that belong together,
%%% nodes with the drop-in in front.
-module(cssl_test).

-export([certificates/1, options/2, pair/3, pair/4, serve/3, flush/0, node/1, build/0]).

-spec build() -> file:filename().
build() -> os:getenv("CSSL_BUILD_DIR").

%% certificates(Config) makes an authority, a server's certificate for localhost and a client's.
-spec certificates(list()) -> list().
certificates(Config) ->
    Dir = filename:join(proplists:get_value(priv_dir, Config), "certs"),
    Cssl = filename:join(build(), "cssl"),
    [run([Cssl, " cert ", Rest, " --out ", Dir, Names])
     || {Rest, Names} <- [{"ca", ""}, {"issue", " localhost 127.0.0.1"},
                          {"issue --client", " alice@example.org"}]],
    [{certs, Dir} | Config].

run(Command) ->
    Output = os:cmd(lists:flatten([Command, " 2>&1; echo :$?"])),
    lists:suffix(":0\n", Output) orelse error({Command, Output}).

%% options(server | client | mutual_server | mutual_client, Config)
-spec options(atom(), list()) -> list().
options(server, Config) ->
    [{certfile, file(Config, "server.pem")}, {keyfile, file(Config, "server.key")},
     {reuseaddr, true}];
options(client, Config) ->
    [{verify, verify_peer}, {cacertfile, file(Config, "ca.pem")}];
options(mutual_server, Config) ->
    [{verify, verify_peer}, {fail_if_no_peer_cert, true}, {cacertfile, file(Config, "ca.pem")}
     | options(server, Config)];
options(mutual_client, Config) ->
    [{certfile, file(Config, "client.pem")}, {keyfile, file(Config, "client.key")}
     | options(client, Config)].

file(Config, Name) ->
    filename:join(proplists:get_value(certs, Config), Name).

%% pair(Config, ServerOptions, ClientOptions) is {Server, Client}, both of the calling process.
-spec pair(list(), list(), list()) -> {tuple(), tuple()}.
pair(Config, ServerOptions, ClientOptions) ->
    pair(cssl, Config, ServerOptions, ClientOptions).

-spec pair(module(), list(), list(), list()) -> {tuple(), tuple()}.
pair(Module, Config, ServerOptions, ClientOptions) ->
    {ok, Listen} = Module:listen(0, ServerOptions ++ options(server, Config)),
    {ok, {_, Port}} = Module:sockname(Listen),
    Self = self(),
    Pid = spawn_link(
            fun() ->
                    {ok, Accepted} = Module:transport_accept(Listen, 5000),
                    {ok, Server} = Module:handshake(Accepted, 5000),
                    ok = Module:controlling_process(Server, Self),
                    Self ! {self(), Server}
            end),
    {ok, Client} = Module:connect("localhost", Port, ClientOptions ++ options(client, Config),
                                  5000),
    receive
        {Pid, Server} ->
            ok = Module:close(Listen),
            {Server, Client}
    after 5000 -> error(no_server)
    end.

%% serve(Module, Options, Fun) listens, and runs Fun(Socket) for the first connection; {Pid, Port}.
-spec serve(module(), list(), fun((tuple()) -> term())) -> {pid(), inet:port_number()}.
serve(Module, Options, Fun) ->
    Self = self(),
    Pid = spawn_link(
            fun() ->
                    {ok, Listen} = Module:listen(0, Options),
                    {ok, {_, Port}} = Module:sockname(Listen),
                    Self ! {self(), Port},
                    {ok, Accepted} = Module:transport_accept(Listen, 5000),
                    Self ! {self(), result, Fun(Accepted)}
            end),
    receive {Pid, Port} -> {Pid, Port} after 5000 -> error(no_listener) end.

-spec flush() -> [term()].
flush() ->
    receive Message -> [Message | flush()] after 0 -> [] end.

%% node(Options) starts a node whose code path has the drop-in in front; stop it by peer:stop/1.
-spec node([string()]) -> {ok, pid(), node()}.
node(Arguments) ->
    Ebin = [filename:join([build(), "erl", App, "ebin"]) || App <- ["cssl", "dropin"]],
    Here = filename:dirname(code:which(?MODULE)),
    {ok, Pid, Node} = peer:start_link(#{connection => standard_io,
                                        args => ["-pa" | Ebin] ++ ["-pa", Here | Arguments]}),
    {ok, Pid, Node}.
