%%% cssl - the functions of OTP's ssl, over the library. The drop-in's module ssl is this one under
%%% another name. Options are checked by cssl_options; the rest of the work is done by
%%% cssl_connection (open, accept, handshake), cssl_socket (socket options) and cssl_info.
-module(cssl).

-export([start/0, start/1, stop/0, clear_pem_cache/0]).
-export([connect/2, connect/3, connect/4, listen/2, transport_accept/1, transport_accept/2,
         handshake/1, handshake/2, handshake/3, handshake_continue/2, handshake_continue/3,
         handshake_cancel/1, ssl_accept/1, ssl_accept/2, ssl_accept/3]).
-export([send/2, recv/2, recv/3, close/1, close/2, shutdown/2, controlling_process/2, setopts/2,
         getopts/2, getstat/1, getstat/2, peername/1, sockname/1, peercert/1]).
-export([connection_information/1, connection_information/2, negotiated_protocol/1,
         export_key_materials/4, export_key_materials/5, update_keys/2, renegotiate/1, prf/5]).
-export([versions/0, cipher_suites/2, cipher_suites/3, filter_cipher_suites/2,
         prepend_cipher_suites/2, append_cipher_suites/2, signature_algs/2, eccs/0, eccs/1,
         groups/0, groups/1, suite_to_str/1, suite_to_openssl_str/1, str_to_suite/1,
         format_error/1]).

-define(IS_TIMEOUT(T), ((is_integer(T) andalso T >= 0) orelse T =:= infinity)).
-define(CLOSE_TIMEOUT, 5000).
-define(STATISTICS, [recv_avg, recv_cnt, recv_dvi, recv_max, recv_oct, send_avg, send_cnt, send_max,
                     send_oct, send_pend]).

-type socket() :: tuple().
-type reason() :: term().
-export_type([socket/0, reason/0]).

-spec start() -> ok | {error, reason()}.
start() -> start(temporary).

-spec start(permanent | transient | temporary) -> ok | {error, reason()}.
start(Type) ->
    case application:ensure_all_started(cssl, Type) of
        {ok, _} -> cssl_reactor:ensure();
        Error -> Error
    end.

-spec stop() -> ok | {error, reason()}.
stop() -> application:stop(cssl).

-spec clear_pem_cache() -> ok.
clear_pem_cache() -> cssl_connection:clear_configs().

-spec connect(port() | tuple(), list()) -> {ok, socket()} | {ok, socket(), map()} |
          {error, reason()}.
connect(Tcp, Options) -> connect(Tcp, Options, infinity).

-spec connect(term(), term(), term()) -> {ok, socket()} | {ok, socket(), map()} |
          {error, reason()}.
connect(Tcp, Options, Timeout) when is_list(Options), ?IS_TIMEOUT(Timeout) ->
    cssl_connection:upgrade(Tcp, Options, Timeout);
connect(Host, Port, Options) ->
    connect(Host, Port, Options, infinity).

-spec connect(term(), inet:port_number(), list(), timeout()) ->
          {ok, socket()} | {ok, socket(), map()} | {error, reason()}.
connect(Host, Port, Options, Timeout)
  when is_integer(Port), is_list(Options), ?IS_TIMEOUT(Timeout) ->
    cssl_connection:connect(Host, Port, Options, Timeout).

-spec listen(inet:port_number(), list()) -> {ok, socket()} | {error, reason()}.
listen(_, []) -> {error, nooptions};
listen(Port, Options) -> cssl_connection:listen(Port, Options).

-spec transport_accept(socket()) -> {ok, socket()} | {error, reason()}.
transport_accept(Listen) -> transport_accept(Listen, infinity).

-spec transport_accept(socket(), timeout()) -> {ok, socket()} | {error, reason()}.
transport_accept(Listen, Timeout) when ?IS_TIMEOUT(Timeout) ->
    cssl_connection:accept(Listen, Timeout).

-spec handshake(socket()) -> {ok, socket()} | {ok, socket(), map()} | {error, reason()}.
handshake(Socket) -> cssl_connection:handshake(Socket, [], infinity).

-spec handshake(socket() | port(), list() | timeout()) ->
          {ok, socket()} | {ok, socket(), map()} | {ok, map()} | {error, reason()}.
handshake(Socket, Timeout) when ?IS_TIMEOUT(Timeout) ->
    cssl_connection:handshake(Socket, [], Timeout);
handshake(Socket, Options) when is_list(Options) ->
    handshake(Socket, Options, infinity).

-spec handshake(socket() | port(), list(), timeout()) ->
          {ok, socket()} | {ok, socket(), map()} | {ok, map()} | {error, reason()}.
handshake(Socket, Options, Timeout) when is_list(Options), ?IS_TIMEOUT(Timeout) ->
    cssl_connection:handshake(Socket, Options, Timeout).

-spec handshake_continue(socket(), list()) -> {ok, socket()} | {error, reason()}.
handshake_continue(Socket, Options) -> handshake_continue(Socket, Options, infinity).

-spec handshake_continue(socket(), list(), timeout()) -> {ok, socket()} | {error, reason()}.
handshake_continue(Socket, Options, Timeout) when is_list(Options), ?IS_TIMEOUT(Timeout) ->
    cssl_connection:continue(Socket, Options, Timeout).

-spec handshake_cancel(socket()) -> ok.
handshake_cancel(Socket) -> cssl_handshake:cancel(cssl_socket:resource(Socket)).

%% ssl_accept left OTP's ssl with release 24; programs of before still run with it.
-spec ssl_accept(socket()) -> ok | {error, reason()}.
ssl_accept(Socket) -> ssl_accept(Socket, infinity).

-spec ssl_accept(socket() | port(), list() | timeout()) -> ok | {ok, socket()} | {error, reason()}.
ssl_accept(Socket, Timeout) when ?IS_TIMEOUT(Timeout) ->
    case handshake(Socket, Timeout) of
        {ok, _} -> ok;
        Error -> Error
    end;
ssl_accept(Socket, Options) ->
    ssl_accept(Socket, Options, infinity).

-spec ssl_accept(socket() | port(), list(), timeout()) -> ok | {ok, socket()} | {error, reason()}.
ssl_accept(Socket, Options, Timeout) when is_tuple(Socket), element(1, Socket) =:= sslsocket ->
    case handshake(Socket, Options, Timeout) of
        {ok, _} -> ok;
        Error -> Error
    end;
ssl_accept(Tcp, Options, Timeout) ->
    handshake(Tcp, Options, Timeout).

-spec send(socket(), iodata()) -> ok | {error, reason()}.
send(Socket, Data) -> cssl_connection:send(cssl_socket:resource(Socket), Data).

-spec recv(socket(), non_neg_integer()) -> {ok, term()} | {error, reason()}.
recv(Socket, Length) -> recv(Socket, Length, infinity).

-spec recv(socket(), non_neg_integer(), timeout()) -> {ok, term()} | {error, reason()}.
recv(Socket, Length, Timeout) when is_integer(Length), Length >= 0, ?IS_TIMEOUT(Timeout) ->
    cssl_connection:recv(cssl_socket:resource(Socket), Length, Timeout).

-spec close(socket()) -> ok | {error, reason()}.
close(Socket) -> cssl_connection:close(Socket, ?CLOSE_TIMEOUT).

-spec close(socket(), timeout() | {pid(), timeout()}) ->
          ok | {ok, port()} | {ok, port(), binary()} | {error, reason()}.
close(Socket, {Pid, Timeout}) when is_pid(Pid), ?IS_TIMEOUT(Timeout) ->
    cssl_connection:downgrade(Socket, Pid, Timeout);
close(Socket, Timeout) when ?IS_TIMEOUT(Timeout) ->
    cssl_connection:close(Socket, Timeout).

-spec shutdown(socket(), read | write | read_write) -> ok | {error, reason()}.
shutdown(Socket, How) when How =:= read; How =:= write; How =:= read_write ->
    case cssl_socket:resource(Socket) of
        listening -> {error, enotconn};
        Res -> cssl_nif:shutdown(Res, How)
    end.

-spec controlling_process(socket(), pid()) -> ok | {error, reason()}.
controlling_process(Socket, Pid) when is_pid(Pid) ->
    case cssl_socket:resource(Socket) of
        listening ->
            {Port, Listener} = cssl_socket:listener(Socket),
            case gen_tcp:controlling_process(Port, Pid) of
                ok -> cssl_nif:listener_own(Listener, Pid);
                Error -> Error
            end;
        Res ->
            cssl_nif:own(Res, Pid)
    end.

-spec setopts(socket(), list()) -> ok | {error, reason()}.
setopts(Socket, Options) -> cssl_connection:setopts(Socket, Options).

-spec getopts(socket(), list()) -> {ok, list()} | {error, reason()}.
getopts(Socket, Names) -> cssl_connection:getopts(Socket, Names).

-spec getstat(socket()) -> {ok, list()} | {error, reason()}.
getstat(Socket) -> getstat(Socket, ?STATISTICS).

-spec getstat(socket(), list()) -> {ok, list()} | {error, reason()}.
getstat(Socket, Names) when is_list(Names) ->
    case cssl_socket:resource(Socket) of
        listening -> inet:getstat(element(1, cssl_socket:listener(Socket)), Names);
        Res -> cssl_socket:getstat(Res, Names)
    end.

-spec peername(socket()) -> {ok, term()} | {error, reason()}.
peername(Socket) ->
    case cssl_socket:resource(Socket) of
        listening -> {error, enotconn};
        Res -> cssl_nif:address(Res, peer)
    end.

-spec sockname(socket()) -> {ok, term()} | {error, reason()}.
sockname(Socket) ->
    case cssl_socket:resource(Socket) of
        listening -> inet:sockname(element(1, cssl_socket:listener(Socket)));
        Res -> cssl_nif:address(Res, sock)
    end.

-spec peercert(socket()) -> {ok, binary()} | {error, reason()}.
peercert(Socket) ->
    case cssl_socket:resource(Socket) of
        listening -> {error, enotconn};
        Res -> cssl_nif:peercert(Res, 0)
    end.

-spec connection_information(socket()) -> {ok, list()} | {error, reason()}.
connection_information(Socket) -> cssl_info:information(Socket, default).

-spec connection_information(socket(), [atom()]) -> {ok, list()} | {error, reason()}.
connection_information(Socket, Items) when is_list(Items) -> cssl_info:information(Socket, Items).

-spec negotiated_protocol(socket()) -> {ok, binary()} | {error, reason()}.
negotiated_protocol(Socket) -> cssl_info:negotiated_protocol(Socket).

-spec export_key_materials(socket(), [binary()], [binary() | no_context], [pos_integer()]) ->
          {ok, term()} | {error, reason()}.
export_key_materials(Socket, Labels, Contexts, Lengths) ->
    export_key_materials(Socket, Labels, Contexts, Lengths, true).

-spec export_key_materials(socket(), [binary()], [binary() | no_context], [pos_integer()],
                           boolean()) -> {ok, term()} | {error, reason()}.
export_key_materials(Socket, Labels, Contexts, Lengths, Consume) ->
    cssl_info:export(Socket, Labels, Contexts, Lengths, Consume).

-spec update_keys(socket(), write | read_write) -> ok | {error, reason()}.
update_keys(Socket, Type) -> cssl_info:update_keys(Socket, Type).

-spec renegotiate(socket()) -> ok | {error, reason()}.
renegotiate(Socket) -> cssl_connection:renegotiate(Socket).

-spec prf(socket(), term(), binary(), [term()], non_neg_integer()) ->
          {ok, binary()} | {error, reason()}.
prf(Socket, Secret, Label, Seed, Length) -> cssl_info:prf(Socket, Secret, Label, Seed, Length).

-spec versions() -> list().
versions() -> cssl_suites:versions().
-spec cipher_suites(atom(), atom()) -> [map()].
cipher_suites(Which, Version) -> cssl_suites:cipher_suites(Which, Version).
-spec cipher_suites(atom(), atom(), rfc | openssl) -> [string()].
cipher_suites(Which, Version, Names) -> cssl_suites:cipher_suites(Which, Version, Names).
-spec filter_cipher_suites([map()], list()) -> [map()].
filter_cipher_suites(Suites, Filters) -> cssl_suites:filter_cipher_suites(Suites, Filters).
-spec prepend_cipher_suites(list(), [map()]) -> [map()].
prepend_cipher_suites(Preferred, Suites) -> cssl_suites:prepend_cipher_suites(Preferred, Suites).
-spec append_cipher_suites(list(), [map()]) -> [map()].
append_cipher_suites(Deferred, Suites) -> cssl_suites:append_cipher_suites(Deferred, Suites).
-spec signature_algs(atom(), atom()) -> list().
signature_algs(Which, Version) -> cssl_suites:signature_algs(Which, Version).
-spec eccs() -> [atom()].
eccs() -> cssl_suites:eccs().
-spec eccs(atom()) -> [atom()].
eccs(Version) -> cssl_suites:eccs(Version).
-spec groups() -> [atom()].
groups() -> cssl_suites:groups().
-spec groups(default) -> [atom()].
groups(Which) -> cssl_suites:groups(Which).
-spec suite_to_str(map()) -> string().
suite_to_str(Suite) -> cssl_suites:suite_to_str(Suite).
-spec suite_to_openssl_str(map()) -> string().
suite_to_openssl_str(Suite) -> cssl_suites:suite_to_openssl_str(Suite).
-spec str_to_suite(string()) -> map() | {error, term()}.
str_to_suite(Name) -> cssl_suites:str_to_suite(Name).
-spec format_error(term()) -> string().
format_error(Reason) -> cssl_format:format_error(Reason).
