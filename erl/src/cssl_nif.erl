%%% cssl_nif - the functions of the library. Each is described where it is written, in c_src. It
%%% holds no policy: timeouts, options and error terms are the callers'.
-module(cssl_nif).

-export([config/3, options/1, derive/3, renew/3, share/2, set_reactor/2, start_reactors/1,
         open/4, socket/1, handshake/2, renegotiated/2, continue/2,
         reconfigure/2, feed/2, send_options/1, renegotiate/1,
         downgrade/2, answer/5, cancel_handshake/1, start/1, recv/3, take/3, give/2, deliver/5,
         look/1, invalid/2, ready/1, active/3, send/4, leave/1, flush/1, close/2, drop/1,
         shutdown/2, cancel/2, own/2, set/2, get/1, setsockopt/4, getsockopt/4, address/2, stat/1,
         information/1, peercert/2, export/4, update_keys/2, listen/3, accept/2, accept_cancel/1,
         unlisten/1, listener_own/2, listener_config/2, suites/0, groups/0,
         signature_algs/1]).

-on_load(load/0).

load() ->
    Ebin = filename:dirname(code:which(?MODULE)),
    File = filename:join([filename:dirname(Ebin), "priv", "cssl_nif-" ++ ?CSSL_VSN]),
    erlang:load_nif(File, list_to_integer(erlang:system_info(otp_release))).

config(_Role, _Map, _Options) -> erlang:nif_error(not_loaded).
options(_Socket) -> erlang:nif_error(not_loaded).
derive(_Config, _Map, _Options) -> erlang:nif_error(not_loaded).
set_reactor(_Index, _Pid) -> erlang:nif_error(not_loaded).
start_reactors(_Number) -> erlang:nif_error(not_loaded).
renew(_Config, _Map, _Options) -> erlang:nif_error(not_loaded).
share(_Config, _Options) -> erlang:nif_error(not_loaded).
open(_Fd, _Config, _Name, _Port) -> erlang:nif_error(not_loaded).
socket(_Res) -> erlang:nif_error(not_loaded).
handshake(_Res, _Ref) -> erlang:nif_error(not_loaded).
continue(_Res, _Config) -> erlang:nif_error(not_loaded).
reconfigure(_Res, _Config) -> erlang:nif_error(not_loaded).
feed(_Res, _Bytes) -> erlang:nif_error(not_loaded).
send_options(_Res) -> erlang:nif_error(not_loaded).
downgrade(_Res, _Ref) -> erlang:nif_error(not_loaded).
renegotiated(_Res, _Ref) -> erlang:nif_error(not_loaded).
renegotiate(_Res) -> erlang:nif_error(not_loaded).
answer(_Res, _Id, _Verdict, _Alert, _Value) -> erlang:nif_error(not_loaded).
cancel_handshake(_Res) -> erlang:nif_error(not_loaded).
start(_Res) -> erlang:nif_error(not_loaded).
recv(_Res, _Length, _Ref) -> erlang:nif_error(not_loaded).
take(_Res, _AtLeast, _Ref) -> erlang:nif_error(not_loaded).
give(_Res, _Bytes) -> erlang:nif_error(not_loaded).
deliver(_Res, _Rest, _Packet, _Type, _Next) -> erlang:nif_error(not_loaded).
invalid(_Res, _Data) -> erlang:nif_error(not_loaded).
look(_Res) -> erlang:nif_error(not_loaded).
ready(_Res) -> erlang:nif_error(not_loaded).
active(_Res, _Active, _MayRead) -> erlang:nif_error(not_loaded).
send(_Res, _Data, _Offset, _Ref) -> erlang:nif_error(not_loaded).
leave(_Res) -> erlang:nif_error(not_loaded).
flush(_Res) -> erlang:nif_error(not_loaded).
close(_Res, _Ref) -> erlang:nif_error(not_loaded).
drop(_Res) -> erlang:nif_error(not_loaded).
shutdown(_Res, _How) -> erlang:nif_error(not_loaded).
cancel(_Res, _What) -> erlang:nif_error(not_loaded).
own(_Res, _Pid) -> erlang:nif_error(not_loaded).
set(_Res, _Options) -> erlang:nif_error(not_loaded).
get(_Res) -> erlang:nif_error(not_loaded).
setsockopt(_Res, _Level, _Option, _Value) -> erlang:nif_error(not_loaded).
getsockopt(_Res, _Level, _Option, _Size) -> erlang:nif_error(not_loaded).
address(_Res, _Side) -> erlang:nif_error(not_loaded).
stat(_Res) -> erlang:nif_error(not_loaded).
information(_Res) -> erlang:nif_error(not_loaded).
peercert(_Res, _Index) -> erlang:nif_error(not_loaded).
export(_Res, _Label, _Context, _Length) -> erlang:nif_error(not_loaded).
update_keys(_Res, _BothWays) -> erlang:nif_error(not_loaded).
listen(_Fd, _Config, _Owner) -> erlang:nif_error(not_loaded).
accept(_Listener, _Ref) -> erlang:nif_error(not_loaded).
accept_cancel(_Listener) -> erlang:nif_error(not_loaded).
unlisten(_Listener) -> erlang:nif_error(not_loaded).
listener_own(_Listener, _Pid) -> erlang:nif_error(not_loaded).
listener_config(_Listener, _Config) -> erlang:nif_error(not_loaded).
suites() -> erlang:nif_error(not_loaded).
groups() -> erlang:nif_error(not_loaded).
signature_algs(_Version) -> erlang:nif_error(not_loaded).
