%%% cssl_dist - Erlang distribution over the library: erl -proto_dist cssl, or by the drop-in
%%% -proto_dist inet_tls. Here nodes listen, accept and connect, and agree with dist_util on who
%%% they are; what runs on a connection is in cssl_dist_link, the options in cssl_dist_options.
-module(cssl_dist).

-export([childspecs/0, select/1, address/0, is_node_name/1, listen/1, listen/2, accept/1,
         accept_connection/5, setup/5, close/1]).
-export([gen_select/2, gen_address/1, gen_listen/3, gen_accept/2, gen_accept_connection/6,
         gen_setup/6]).
-export([accept_loop/3, accept_one/2, do_accept/6, do_setup/7]).

-include_lib("kernel/include/net_address.hrl").
-include_lib("kernel/include/dist.hrl").
-include_lib("kernel/include/dist_util.hrl").

-define(MAX_HANDSHAKES, 128). % of TLS, with peers that are not known yet
-define(TIMEOUT, 7000).       % for one of these, as net_setuptime is by default

-type family() :: inet | inet6.

-spec childspecs() -> {ok, []}.
childspecs() -> {ok, []}.

-spec select(node()) -> boolean().
select(Node) -> gen_select(Node, inet).

-spec gen_select(node(), family()) -> boolean().
gen_select(Node, Family) ->
    case string:split(atom_to_list(Node), "@") of
        [_, Host] -> is_resolved(Host, Family);
        _ -> false
    end.

is_resolved(Host, Family) ->
    case inet:getaddr(Host, Family) of
        {ok, _} -> true;
        _ -> false
    end.

-spec address() -> #net_address{}.
address() -> gen_address(inet).

-spec gen_address(family()) -> #net_address{}.
gen_address(Family) ->
    {ok, Host} = inet:gethostname(),
    #net_address{host = Host, protocol = tls, family = Family}.

-spec is_node_name(term()) -> boolean().
is_node_name(Node) when is_atom(Node) ->
    case string:split(atom_to_list(Node), "@", all) of
        [[_ | _], [_ | _]] -> true;
        _ -> false
    end;
is_node_name(_) ->
    false.

-spec listen(atom()) -> {ok, tuple()} | {error, term()}.
listen(Name) ->
    {ok, Host} = inet:gethostname(),
    listen(Name, Host).

-spec listen(atom(), string()) -> {ok, tuple()} | {error, term()}.
listen(Name, Host) -> gen_listen(Name, Host, inet).

-spec gen_listen(atom(), string(), family()) -> {ok, tuple()} | {error, term()}.
gen_listen(Name, Host, Family) ->
    case cssl_dist_options:server() of
        {ok, Options} ->
            {First, Last} = ports(Name, Host),
            case listen_on(First, Last, [Family | Options]) of
                {ok, Listen} -> register_node(Listen, Name, Host, Family);
                Error -> Error
            end;
        Error ->
            Error
    end.

ports(Name, Host) ->
    Epmd = net_kernel:epmd_module(),
    case erlang:function_exported(Epmd, listen_port_please, 2)
        andalso Epmd:listen_port_please(Name, Host) of
        {ok, Port} when Port =/= 0 -> {Port, Port};
        _ -> configured_ports()
    end.

configured_ports() ->
    case application:get_env(kernel, inet_dist_listen_min) of
        {ok, First} when is_integer(First) ->
            {First, application:get_env(kernel, inet_dist_listen_max, First)};
        _ ->
            {0, 0}
    end.

listen_on(Port, Last, _) when Port > Last ->
    {error, eaddrinuse};
listen_on(Port, Last, Options) ->
    case cssl:listen(Port, Options) of
        {error, eaddrinuse} -> listen_on(Port + 1, Last, Options);
        Result -> Result
    end.

register_node(Listen, Name, Host, Family) ->
    {ok, {_, Port} = Address} = cssl:sockname(Listen),
    Epmd = net_kernel:epmd_module(),
    case Epmd:register_node(Name, Port, driver(Family)) of
        {ok, Creation} ->
            {ok, {Listen, (gen_address(Family))#net_address{address = Address, host = Host},
                  Creation}};
        Error ->
            _ = cssl:close(Listen),
            Error
    end.

driver(inet) -> inet_tcp;
driver(inet6) -> inet6_tcp.

-spec close(tuple()) -> ok | {error, term()}.
close(Listen) -> cssl:close(Listen).

%% accept(Listen): a process that accepts for as long as net_kernel lives.
-spec accept(tuple()) -> pid().
accept(Listen) -> gen_accept(Listen, inet).

-spec gen_accept(tuple(), family()) -> pid().
gen_accept(Listen, Family) ->
    spawn_opt(?MODULE, accept_loop, [{self(), Family}, Listen, 0], [link, {priority, max}]).

%% accept_loop({Kernel, Family}, Listen, Number): each peer is greeted by a process of its own, of
%% which there are Number; who never says a word holds up nobody else.
-spec accept_loop({pid(), family()}, tuple(), non_neg_integer()) -> no_return().
accept_loop(Kernel, Listen, Number) when Number >= ?MAX_HANDSHAKES ->
    receive {'DOWN', _, process, _, _} -> ?MODULE:accept_loop(Kernel, Listen, Number - 1) end;
accept_loop(Kernel, Listen, Number) ->
    case cssl:transport_accept(Listen) of
        {ok, Socket} ->
            {Pid, _} = spawn_opt(?MODULE, accept_one, [Kernel, Socket],
                                 [monitor, {priority, max}]),
            _ = cssl:controlling_process(Socket, Pid),
            Pid ! {self(), yours},
            ?MODULE:accept_loop(Kernel, Listen, Number + 1 - ended());
        {error, Why} when Why =:= emfile; Why =:= enfile; Why =:= econnaborted ->
            Ended = receive {'DOWN', _, process, _, _} -> 1 after 100 -> 0 end,
            ?MODULE:accept_loop(Kernel, Listen, Number - Ended);
        {error, Why} ->
            exit(Why)
    end.

ended() ->
    receive {'DOWN', _, process, _, _} -> 1 + ended() after 0 -> 0 end.

%% accept_one({Kernel, Family}, Socket): TLS's handshake, then net_kernel is told. It says which
%% process will see to the connection, and this one ends when the link is with its own.
-spec accept_one({pid(), family()}, tuple()) -> ok.
accept_one({Kernel, Family}, Socket) ->
    receive {_, yours} -> ok end,
    case is_allowed(Socket, Family) andalso cssl:handshake(Socket, timeout()) of
        {ok, Secure} ->
            Link = cssl_dist_link:start(Secure),
            ok = cssl:controlling_process(Secure, Link),
            present(Kernel, Family, Link);
        {error, Why} ->
            log("a peer was refused: ~ts", [cssl:format_error({error, Why})]);
        false ->
            cssl:close(Socket),
            log("a peer was refused, which is not in a network of this host", [])
    end.

present(Kernel, Family, Link) ->
    Kernel ! {accept, self(), Link, Family, tls},
    Monitor = monitor(process, Kernel),
    receive
        {Kernel, controller, Pid} ->
            cssl_dist_link:supervisor(Link, Pid),
            Pid ! {self(), controller},
            ok;
        {Kernel, unsupported_protocol} ->
            exit(Link, kill),
            ok;
        {'DOWN', Monitor, process, Kernel, _} ->
            exit(Link, kill),
            ok
    end.

timeout() ->
    case application:get_env(kernel, net_setuptime) of
        {ok, Seconds} when is_number(Seconds), Seconds > 0, Seconds =< 120 ->
            round(Seconds * 1000);
        _ ->
            ?TIMEOUT
    end.

%% is_allowed(Socket, Family): with kernel's check_ip only peers in the networks of this host are.
is_allowed(Socket, Family) ->
    case application:get_env(kernel, check_ip) of
        {ok, true} ->
            {ok, {Peer, _}} = cssl:peername(Socket),
            {ok, Interfaces} = inet:getifaddrs(),
            lists:any(fun({_, Flags}) -> is_near(Flags, Peer, size_of(Family)) end, Interfaces);
        _ ->
            true
    end.

size_of(inet) -> 4;
size_of(inet6) -> 8.

%% An interface has its addresses in order, each with its netmask behind it.
is_near([{addr, Address}, {netmask, Mask} | Rest], Peer, Size)
  when tuple_size(Address) =:= Size, tuple_size(Peer) =:= Size ->
    masked(Address, Mask) =:= masked(Peer, Mask) orelse is_near(Rest, Peer, Size);
is_near([_ | Rest], Peer, Size) -> is_near(Rest, Peer, Size);
is_near([], _, _) -> false.

masked(Address, Mask) ->
    lists:zipwith(fun(A, M) -> A band M end, tuple_to_list(Address), tuple_to_list(Mask)).

-spec accept_connection(pid(), pid(), node(), list(), non_neg_integer()) -> pid().
accept_connection(Acceptor, Link, MyNode, Allowed, SetupTime) ->
    gen_accept_connection(Acceptor, Link, MyNode, Allowed, SetupTime, inet).

-spec gen_accept_connection(pid(), pid(), node(), list(), non_neg_integer(), family()) -> pid().
gen_accept_connection(Acceptor, Link, MyNode, Allowed, SetupTime, Family) ->
    spawn_opt(?MODULE, do_accept,
              [{self(), Family}, Acceptor, Link, MyNode, Allowed, SetupTime],
              dist_util:net_ticker_spawn_options()).

-spec do_accept({pid(), family()}, pid(), pid(), node(), list(), non_neg_integer()) -> no_return().
do_accept({Kernel, Family}, Acceptor, Link, MyNode, Allowed, SetupTime) ->
    receive {Acceptor, controller} -> ok end,
    Timer = dist_util:start_timer(SetupTime),
    Data = cssl_dist_link:handshake_data(Link, gen_address(Family)),
    dist_util:handshake_other_started(
      Data#hs_data{kernel_pid = Kernel, this_node = MyNode, timer = Timer, this_flags = 0,
                   allowed = Allowed}).

-spec setup(node(), atom(), node(), longnames | shortnames, non_neg_integer()) -> pid().
setup(Node, Type, MyNode, Names, SetupTime) ->
    gen_setup(Node, Type, MyNode, Names, SetupTime, inet).

-spec gen_setup(node(), atom(), node(), longnames | shortnames, non_neg_integer(), family()) ->
          pid().
gen_setup(Node, Type, MyNode, Names, SetupTime, Family) ->
    spawn_opt(?MODULE, do_setup, [self(), Node, Type, MyNode, Names, SetupTime, Family],
              dist_util:net_ticker_spawn_options()).

-spec do_setup(pid(), node(), atom(), node(), longnames | shortnames, non_neg_integer(),
               family()) -> no_return().
do_setup(Kernel, Node, Type, MyNode, Names, SetupTime, Family) ->
    Timer = dist_util:start_timer(SetupTime),
    {Name, Host} = split(Node, Names),
    {Ip, Port, Version} = resolve(Node, Name, Host, Family),
    dist_util:reset_timer(Timer),
    Socket = connect(Node, Host, Ip, Port, Family),
    Link = cssl_dist_link:start(Socket),
    ok = cssl:controlling_process(Socket, Link),
    cssl_dist_link:supervisor(Link, self()),
    dist_util:reset_timer(Timer),
    Data = cssl_dist_link:handshake_data(Link, gen_address(Family)),
    dist_util:handshake_we_started(
      Data#hs_data{kernel_pid = Kernel, other_node = Node, this_node = MyNode, timer = Timer,
                   this_flags = 0, other_version = Version, request_type = Type}).

%% split(Node, Names) is its name and host, which must be of the kind that this node uses.
split(Node, Names) ->
    case string:split(atom_to_list(Node), "@", all) of
        [[_ | _] = Name, [_ | _] = Host] ->
            case {lists:member($., Host), Names} of
                {true, shortnames} -> refuse(Node, "its host ~ts is a long name", [Host]);
                {false, longnames} -> literal(Node, Name, Host);
                _ -> {Name, Host}
            end;
        _ ->
            refuse(Node, "a node's name is name@host", [])
    end.

literal(Node, Name, Host) ->
    case inet:parse_address(Host) of
        {ok, _} -> {Name, Host};
        _ -> refuse(Node, "its host ~ts is a short name", [Host])
    end.

-spec refuse(node(), string(), list()) -> no_return().
refuse(Node, Format, Arguments) ->
    log("no connection to ~w: " ++ Format, [Node | Arguments]),
    ?shutdown(Node).

resolve(Node, Name, Host, Family) ->
    Epmd = net_kernel:epmd_module(),
    case Epmd:address_please(Name, Host, Family) of
        {ok, Ip, Port, Version} ->
            {Ip, Port, Version};
        {ok, Ip} ->
            case Epmd:port_please(Name, Ip) of
                {port, Port, Version} -> {Ip, Port, Version};
                _ -> ?shutdown(Node)
            end;
        _ ->
            ?shutdown(Node)
    end.

connect(Node, Host, Ip, Port, Family) ->
    case cssl_dist_options:client(Host) of
        {ok, Options} ->
            case cssl:connect(Ip, Port, [Family | Options], timeout()) of
                {ok, Socket} -> Socket;
                {error, Why} -> refuse(Node, "~ts", [cssl:format_error({error, Why})])
            end;
        {error, Why} ->
            refuse(Node, "~tp", [Why])
    end.

log(Format, Arguments) ->
    error_logger:warning_msg("distribution over TLS: " ++ Format ++ "~n", Arguments).
