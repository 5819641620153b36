%%% ssl - the drop-in: with its folder in front in the code path, programs that call OTP's ssl run over
%%% cssl. Each function is cssl's of the same name.
-module(ssl).

-export([start/0, start/1, stop/0, clear_pem_cache/0, connect/2, connect/3, connect/4, listen/2,
         transport_accept/1, transport_accept/2, handshake/1, handshake/2, handshake/3,
         handshake_continue/2, handshake_continue/3, handshake_cancel/1, ssl_accept/1,
         ssl_accept/2, ssl_accept/3, send/2, recv/2, recv/3, close/1, close/2, shutdown/2,
         controlling_process/2, setopts/2, getopts/2, getstat/1, getstat/2, peername/1,
         sockname/1, peercert/1, connection_information/1, connection_information/2,
         negotiated_protocol/1, export_key_materials/4, export_key_materials/5, update_keys/2,
         renegotiate/1, prf/5, versions/0, cipher_suites/2, cipher_suites/3,
         filter_cipher_suites/2, prepend_cipher_suites/2, append_cipher_suites/2,
         signature_algs/2, eccs/0, eccs/1, groups/0, groups/1, suite_to_str/1,
         suite_to_openssl_str/1, str_to_suite/1, format_error/1]).

-export_type([sslsocket/0, socket/0, tls_option/0, tls_client_option/0, tls_server_option/0,
              active_msgs/0, host/0, protocol_version/0, reason/0, error_alert/0, tls_alert/0,
              ciphers/0, cipher_suites/0, erl_cipher_suite/0, named_curve/0, group/0, sign_algo/0,
              sign_scheme/0, hash/0, kex_algo/0, cipher/0, protocol_extensions/0, session_id/0,
              connection_info/0, tls_version/0, dtls_version/0]).

-type sslsocket() :: tuple().
-type socket() :: gen_tcp:socket().
-type tls_option() :: tls_client_option() | tls_server_option().
-type tls_client_option() :: {atom(), term()} | atom().
-type tls_server_option() :: {atom(), term()} | atom().
-type active_msgs() :: {ssl, sslsocket(), term()} | {ssl_closed, sslsocket()} |
                       {ssl_error, sslsocket(), term()} | {ssl_passive, sslsocket()}.
-type host() :: inet:hostname() | inet:ip_address().
-type tls_version() :: 'tlsv1.2' | 'tlsv1.3'.
-type dtls_version() :: 'dtlsv1.2'.
-type protocol_version() :: tls_version() | dtls_version().
-type reason() :: term().
-type tls_alert() :: {tls_alert, {atom(), string()}}.
-type error_alert() :: tls_alert().
-type erl_cipher_suite() :: map().
-type ciphers() :: [erl_cipher_suite()] | string().
-type cipher_suites() :: ciphers().
-type named_curve() :: atom().
-type group() :: atom().
-type sign_algo() :: atom().
-type sign_scheme() :: atom().
-type hash() :: atom().
-type kex_algo() :: atom().
-type cipher() :: atom().
-type protocol_extensions() :: map().
-type session_id() :: binary().
-type connection_info() :: [{atom(), term()}].

start() -> cssl:start().
start(A) -> cssl:start(A).
stop() -> cssl:stop().
clear_pem_cache() -> cssl:clear_pem_cache().
connect(A, B) -> cssl:connect(A, B).
connect(A, B, C) -> cssl:connect(A, B, C).
connect(A, B, C, D) -> cssl:connect(A, B, C, D).
listen(A, B) -> cssl:listen(A, B).
transport_accept(A) -> cssl:transport_accept(A).
transport_accept(A, B) -> cssl:transport_accept(A, B).
handshake(A) -> cssl:handshake(A).
handshake(A, B) -> cssl:handshake(A, B).
handshake(A, B, C) -> cssl:handshake(A, B, C).
handshake_continue(A, B) -> cssl:handshake_continue(A, B).
handshake_continue(A, B, C) -> cssl:handshake_continue(A, B, C).
handshake_cancel(A) -> cssl:handshake_cancel(A).
ssl_accept(A) -> cssl:ssl_accept(A).
ssl_accept(A, B) -> cssl:ssl_accept(A, B).
ssl_accept(A, B, C) -> cssl:ssl_accept(A, B, C).
send(A, B) -> cssl:send(A, B).
recv(A, B) -> cssl:recv(A, B).
recv(A, B, C) -> cssl:recv(A, B, C).
close(A) -> cssl:close(A).
close(A, B) -> cssl:close(A, B).
shutdown(A, B) -> cssl:shutdown(A, B).
controlling_process(A, B) -> cssl:controlling_process(A, B).
setopts(A, B) -> cssl:setopts(A, B).
getopts(A, B) -> cssl:getopts(A, B).
getstat(A) -> cssl:getstat(A).
getstat(A, B) -> cssl:getstat(A, B).
peername(A) -> cssl:peername(A).
sockname(A) -> cssl:sockname(A).
peercert(A) -> cssl:peercert(A).
connection_information(A) -> cssl:connection_information(A).
connection_information(A, B) -> cssl:connection_information(A, B).
negotiated_protocol(A) -> cssl:negotiated_protocol(A).
export_key_materials(A, B, C, D) -> cssl:export_key_materials(A, B, C, D).
export_key_materials(A, B, C, D, E) -> cssl:export_key_materials(A, B, C, D, E).
update_keys(A, B) -> cssl:update_keys(A, B).
renegotiate(A) -> cssl:renegotiate(A).
prf(A, B, C, D, E) -> cssl:prf(A, B, C, D, E).
versions() -> cssl:versions().
cipher_suites(A, B) -> cssl:cipher_suites(A, B).
cipher_suites(A, B, C) -> cssl:cipher_suites(A, B, C).
filter_cipher_suites(A, B) -> cssl:filter_cipher_suites(A, B).
prepend_cipher_suites(A, B) -> cssl:prepend_cipher_suites(A, B).
append_cipher_suites(A, B) -> cssl:append_cipher_suites(A, B).
signature_algs(A, B) -> cssl:signature_algs(A, B).
eccs() -> cssl:eccs().
eccs(A) -> cssl:eccs(A).
groups() -> cssl:groups().
groups(A) -> cssl:groups(A).
suite_to_str(A) -> cssl:suite_to_str(A).
suite_to_openssl_str(A) -> cssl:suite_to_openssl_str(A).
str_to_suite(A) -> cssl:str_to_suite(A).
format_error(A) -> cssl:format_error(A).
