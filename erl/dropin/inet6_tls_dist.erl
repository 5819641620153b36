%%% inet6_tls_dist - the drop-in: erl -proto_dist inet6_tls runs over cssl, by cssl_dist.
-module(inet6_tls_dist).

-export([childspecs/0, select/1, address/0, is_node_name/1, listen/1, listen/2, accept/1,
         accept_connection/5, setup/5, close/1]).

childspecs() -> cssl_dist:childspecs().
select(Node) -> cssl_dist:gen_select(Node, inet6).
address() -> cssl_dist:gen_address(inet6).
is_node_name(Node) -> cssl_dist:is_node_name(Node).
listen(Name) -> {ok, Host} = inet:gethostname(), listen(Name, Host).
listen(Name, Host) -> cssl_dist:gen_listen(Name, Host, inet6).
accept(Listen) -> cssl_dist:gen_accept(Listen, inet6).
accept_connection(Acceptor, Link, MyNode, Allowed, SetupTime) ->
    cssl_dist:gen_accept_connection(Acceptor, Link, MyNode, Allowed, SetupTime, inet6).
setup(Node, Type, MyNode, Names, SetupTime) ->
    cssl_dist:gen_setup(Node, Type, MyNode, Names, SetupTime, inet6).
close(Listen) -> cssl_dist:close(Listen).
