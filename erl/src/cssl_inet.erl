%%% cssl_inet - where inet's functions go for {'$inet', cssl_inet, Res}, which is the transport in
%%% the term of a connection: programs take it out, and ask inet about it.
-module(cssl_inet).

-export([getstat/2, getopts/2, setopts/2, peername/1, sockname/1, port/1, close/1, getfd/1,
         socknames/1, peernames/1, controlling_process/2, send/2, recv/2, recv/3, shutdown/2,
         monitor/1, cancel_monitor/1, info/1, getifaddrs/1]).

-type socket() :: {'$inet', cssl_inet, reference()}.

-spec getstat(socket(), [inet:stat_option()]) -> {ok, list()} | {error, term()}.
getstat({_, _, Res}, Names) -> cssl_socket:getstat(Res, Names).

-spec getopts(socket(), list()) -> {ok, list()} | {error, term()}.
getopts({_, _, Res}, Names) ->
    case cssl_socket:getopts(Res, Names) of
        {error, closed} -> {error, einval};
        Result -> Result
    end.

-spec setopts(socket(), list()) -> ok | {error, term()}.
setopts({_, _, Res}, Options) -> cssl_sockopt:set(Res, [O || O <- Options, is_tuple(O)]).

-spec peername(socket()) -> {ok, term()} | {error, term()}.
peername({_, _, Res}) -> cssl_nif:address(Res, peer).

-spec sockname(socket()) -> {ok, term()} | {error, term()}.
sockname({_, _, Res}) -> cssl_nif:address(Res, sock).

-spec peernames(socket()) -> {ok, [term()]} | {error, term()}.
peernames(Socket) -> listed(peername(Socket)).

-spec socknames(socket()) -> {ok, [term()]} | {error, term()}.
socknames(Socket) -> listed(sockname(Socket)).

listed({ok, Address}) -> {ok, [Address]};
listed(Error) -> Error.

-spec port(socket()) -> {ok, term()} | {error, term()}.
port(Socket) ->
    case sockname(Socket) of
        {ok, {_, Port}} -> {ok, Port};
        Error -> Error
    end.

-spec getifaddrs(socket()) -> {error, einval}.
getifaddrs(_) -> {error, einval}.

%% The bytes of the transport are ciphertext: nobody but the connection may have them.
-spec send(socket(), iodata()) -> {error, einval}.
send(_, _) -> {error, einval}.
-spec recv(socket(), non_neg_integer()) -> {error, einval}.
recv(_, _) -> {error, einval}.
-spec recv(socket(), non_neg_integer(), timeout()) -> {error, einval}.
recv(_, _, _) -> {error, einval}.
-spec getfd(socket()) -> {error, einval}.
getfd(_) -> {error, einval}.

-spec shutdown(socket(), read | write | read_write) -> ok | {error, term()}.
shutdown({_, _, Res}, How) -> cssl_nif:shutdown(Res, How).

-spec close(socket()) -> ok.
close({_, _, Res}) -> cssl_nif:drop(Res).

-spec controlling_process(socket(), pid()) -> ok | {error, term()}.
controlling_process({_, _, Res}, Pid) -> cssl_nif:own(Res, Pid).

-spec info(socket()) -> map().
info({_, _, Res}) ->
    case cssl_nif:stat(Res) of
        {ok, _} -> #{states => [connected], protocol => tcp};
        _ -> #{states => [closed], protocol => tcp}
    end.

-spec monitor(socket()) -> reference().
monitor(Socket) ->
    Ref = make_ref(),
    self() ! {'DOWN', Ref, socket, Socket, nosock},
    Ref.

-spec cancel_monitor(reference()) -> boolean().
cancel_monitor(_) -> false.
