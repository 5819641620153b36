%%% cssl_hello - the peer's hello as the map that handshake/1,2,3 returns with {handshake, hello}:
%%% the extensions by OTP's names, absent ones undefined. It decodes; the form was checked before.
-module(cssl_hello).

-export([extensions/1]).

%% The type keys of the map, by the extension's number (IANA).
-define(SERVER_NAME, 0).
-define(MAX_FRAGMENT, 1).
-define(POINT_FORMATS, 11).
-define(ALPN, 16).
-define(PRE_SHARED_KEY, 41).
-define(COOKIE, 44).
-define(PSK_MODES, 45).
-define(AUTHORITIES, 47).
-define(KEY_SHARE, 51).
-define(RENEGOTIATION, 16#ff01).

-spec extensions(map()) -> map().
extensions(Hello) ->
    All = split(maps:get(extensions, Hello, <<>>), #{}),
    New = is_map_key(43, All), % supported_versions: the peer knows TLS 1.3
    Common = #{alpn => protocols(maps:get(?ALPN, All, undefined)),
               ec_point_formats => bytes(8, maps:get(?POINT_FORMATS, All, undefined)),
               elliptic_curves => curves(maps:get(supported_groups, Hello, undefined)),
               signature_algs => schemes(maps:get(signature_algs, Hello, undefined)),
               sni => name(maps:get(server_name, Hello, undefined))},
    case New of
        true ->
            Common#{signature_algs_cert => schemes(maps:get(signature_algs_cert, Hello, undefined)),
                    client_hello_versions => versions(maps:get(supported_versions, Hello, <<>>)),
                    certificate_authorities => maps:get(?AUTHORITIES, All, undefined),
                    cookie => maps:get(?COOKIE, All, undefined),
                    key_share => maps:get(?KEY_SHARE, All, undefined),
                    pre_shared_key => maps:get(?PRE_SHARED_KEY, All, undefined),
                    psk_key_exchange_modes => maps:get(?PSK_MODES, All, undefined)};
        false ->
            Common#{client_hello_versions => undefined, key_share => undefined,
                    next_protocol_negotiation => undefined, srp => undefined,
                    renegotiation_info => maps:get(?RENEGOTIATION, All, undefined),
                    max_frag_enum => maps:get(?MAX_FRAGMENT, All, undefined)}
    end.

split(<<Type:16, Length:16, Body:Length/binary, Rest/binary>>, Map) ->
    split(Rest, Map#{Type => Body});
split(<<>>, Map) ->
    Map.

protocols(undefined) -> undefined;
protocols(<<_:16, List/binary>>) -> [Name || <<Length, Name:Length/binary>> <= List].

bytes(_, undefined) -> undefined;
bytes(8, <<_, List/binary>>) -> binary_to_list(List).

name(undefined) -> undefined;
name(Name) -> binary_to_list(Name).

versions(List) -> [{Major, Minor} || <<Major, Minor>> <= List].

curves(undefined) ->
    undefined;
curves(List) ->
    [Oid || <<Number:16>> <= List, Oid <- oid(Number)].

oid(23) -> [{1, 2, 840, 10045, 3, 1, 7}];
oid(24) -> [{1, 3, 132, 0, 34}];
oid(25) -> [{1, 3, 132, 0, 35}];
oid(29) -> [{1, 3, 101, 110}];
oid(30) -> [{1, 3, 101, 111}];
oid(_) -> [].

schemes(undefined) ->
    undefined;
schemes(List) ->
    Known = maps:from_list([{cssl_suites:scheme_number(Name), Name} ||
                               Name <- cssl_suites:signature_algs(all, 'tlsv1.3'),
                               is_atom(Name)]),
    [maps:get(Number, Known) || <<Number:16>> <= List, is_map_key(Number, Known)].
