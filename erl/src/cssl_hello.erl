%%% cssl_hello - the peer's hello as the map that handshake/1,2,3 and connect return with the option
%%% {handshake, hello}: the extensions by OTP's names, absent ones undefined. It decodes; the form
%%% was checked before.
-module(cssl_hello).

-export([extensions/2]).

%% Extensions by their numbers (IANA).
-define(MAX_FRAGMENT, 1).
-define(POINT_FORMATS, 11).
-define(ALPN, 16).
-define(PRE_SHARED_KEY, 41).
-define(VERSIONS, 43).
-define(COOKIE, 44).
-define(PSK_MODES, 45).
-define(AUTHORITIES, 47).
-define(KEY_SHARE, 51).
-define(RENEGOTIATION, 16#ff01).

%% extensions(Hello, Options): Options are one's own, which say whether TLS 1.3 is on.
-spec extensions(map(), cssl_options:options()) -> #{atom() => term()}.
extensions(#{client := true} = Hello, #{user := User}) ->
    All = split(maps:get(extensions, Hello, <<>>), #{}),
    Common = #{alpn => vector(2, ?ALPN, All),
               ec_point_formats => point_formats(All),
               sni => name(maps:get(server_name, Hello, undefined))},
    Groups = maps:get(supported_groups, Hello, undefined),
    Algs = maps:get(signature_algs, Hello, undefined),
    Newer = lists:member('tlsv1.3', maps:get(versions, User, ['tlsv1.3'])),
    case is_map_key(?VERSIONS, All) andalso Newer of
        true ->
            Common#{elliptic_curves => listed(Groups, groups(), fun({Name, _}) -> Name end),
                    signature_algs => schemes(Algs),
                    signature_algs_cert => schemes(maps:get(signature_algs_cert, Hello,
                                                            undefined)),
                    client_hello_versions => versions(maps:get(supported_versions, Hello, <<>>)),
                    certificate_authorities => raw(?AUTHORITIES, All),
                    cookie => vector(2, ?COOKIE, All),
                    key_share => key_shares(vector(2, ?KEY_SHARE, All)),
                    pre_shared_key => raw(?PRE_SHARED_KEY, All),
                    psk_key_exchange_modes => psk_modes(vector(1, ?PSK_MODES, All))};
        false ->
            with_optional(
              Hello,
              Common#{elliptic_curves => listed(Groups, groups(), fun({_, Oid}) -> Oid end),
                      signature_algs => pairs(Algs), next_protocol_negotiation => undefined,
                      renegotiation_info => raw(?RENEGOTIATION, All), srp => undefined}, All)
    end;
extensions(Hello, _) ->
    case split(maps:get(extensions, Hello, <<>>), #{}) of
        #{?VERSIONS := <<Major, Minor>>} = All ->
            #{key_share => key_share(raw(?KEY_SHARE, All)),
              pre_shared_key => raw(?PRE_SHARED_KEY, All),
              server_hello_selected_version => {Major, Minor}};
        All ->
            with_optional(#{}, #{alpn => vector(2, ?ALPN, All),
                                ec_point_formats => point_formats(All),
                                next_protocol_negotiation => undefined,
                                renegotiation_info => raw(?RENEGOTIATION, All)}, All)
    end.

split(<<Type:16, Length:16, Body:Length/binary, Rest/binary>>, Map) ->
    split(Rest, Map#{Type => Body});
split(<<>>, Map) ->
    Map.

raw(Type, All) -> maps:get(Type, All, undefined).

%% What stands behind a length of so many bytes.
vector(Bytes, Type, All) ->
    case All of
        #{Type := <<_:Bytes/unit:8, Body/binary>>} -> Body;
        _ -> undefined
    end.

%% What is in the map only when it was sent.
with_optional(Hello, Map, All) ->
    maps:merge(Map, maps:merge(case All of
                                   #{?MAX_FRAGMENT := <<Enum>>} -> #{max_frag_enum => Enum};
                                   _ -> #{}
                               end,
                               case Hello of
                                   #{signature_algs_cert := Algs} ->
                                       #{signature_algs_cert => schemes(Algs)};
                                   _ -> #{}
                               end)).

point_formats(All) ->
    case vector(1, ?POINT_FORMATS, All) of
        undefined -> undefined;
        Formats -> binary_to_list(Formats)
    end.

name(undefined) -> undefined;
name(Name) -> binary_to_list(Name).

versions(List) -> [{Major, Minor} || <<Major, Minor>> <= List].

psk_modes(undefined) -> undefined;
psk_modes(Modes) -> [case Mode of 0 -> psk_ke; 1 -> psk_dhe_ke; N -> N end || <<Mode>> <= Modes].

key_shares(undefined) ->
    undefined;
key_shares(List) ->
    [{key_share_entry, Name, Key} || <<Group:16, Length:16, Key:Length/binary>> <= List,
                                     {Name, _} <- [maps:get(Group, groups(), none)]].

key_share(<<Group:16, Length:16, Key:Length/binary>>) ->
    case groups() of
        #{Group := {Name, _}} -> {key_share_entry, Name, Key};
        _ -> {key_share_entry, Group, Key}
    end;
key_share(_) ->
    undefined.

listed(undefined, _, _) ->
    undefined;
listed(Numbers, Names, Fun) ->
    [Fun(maps:get(N, Names)) || <<N:16>> <= Numbers, is_map_key(N, Names)].

%% Groups by number: name and, for curves, object identifier (RFC 8422 and 7027, SEC 2, RFC 8410).
groups() ->
    #{22 => {secp256k1, {1, 3, 132, 0, 10}}, 23 => {secp256r1, {1, 2, 840, 10045, 3, 1, 7}},
      24 => {secp384r1, {1, 3, 132, 0, 34}}, 25 => {secp521r1, {1, 3, 132, 0, 35}},
      26 => {brainpoolP256r1, {1, 3, 36, 3, 3, 2, 8, 1, 1, 7}},
      27 => {brainpoolP384r1, {1, 3, 36, 3, 3, 2, 8, 1, 1, 11}},
      28 => {brainpoolP512r1, {1, 3, 36, 3, 3, 2, 8, 1, 1, 13}},
      29 => {x25519, {1, 3, 101, 110}}, 30 => {x448, {1, 3, 101, 111}},
      256 => {ffdhe2048, ffdhe2048}, 257 => {ffdhe3072, ffdhe3072},
      258 => {ffdhe4096, ffdhe4096}, 4587 => {secp256r1mlkem768, secp256r1mlkem768},
      4588 => {x25519mlkem768, x25519mlkem768}, 4589 => {secp384r1mlkem1024, secp384r1mlkem1024}}.

schemes(undefined) ->
    undefined;
schemes(List) ->
    Known = maps:from_list([{cssl_suites:scheme_number(Name), Name} || Name <- scheme_names()]),
    [maps:get(Number, Known) || <<Number:16>> <= List, is_map_key(Number, Known)].

scheme_names() ->
    [ecdsa_sha1, rsa_pkcs1_sha1, rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512
     | [Name || Name <- cssl_suites:signature_algs(all, 'tlsv1.3'), is_atom(Name)]].

%% TLS 1.2 has {Hash, Signature}, RFC 5246 7.4.1.4.1; PSS came later, with numbers of its own.
pairs(undefined) ->
    undefined;
pairs(List) ->
    [Pair || <<Hash, Sign>> <= List, Pair <- pair(Hash, Sign)].

pair(8, Sign) ->
    [{maps:get(Sign, Hashes), Name} || {Hashes, Name} <- [{#{4 => sha256, 5 => sha384,
                                                             6 => sha512}, rsa_pss_rsae},
                                                          {#{9 => sha256, 10 => sha384,
                                                             11 => sha512}, rsa_pss_pss}],
                                       is_map_key(Sign, Hashes)];
pair(Hash, Sign) ->
    [{H, S} || {Hash1, H} <- [{1, md5}, {2, sha}, {3, sha224}, {4, sha256}, {5, sha384},
                              {6, sha512}], Hash1 =:= Hash,
               {Sign1, S} <- [{1, rsa}, {2, dsa}, {3, ecdsa}], Sign1 =:= Sign].
