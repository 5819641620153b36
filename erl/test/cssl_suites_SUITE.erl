%%% Lists and names of suites, groups and signature algorithms: only what the library has, in OTP's
%%% order and terms. OTP's own lists are the oracle where the release has them.
-module(cssl_suites_SUITE).

-include_lib("stdlib/include/assert.hrl").
-include_lib("public_key/include/public_key.hrl").

-export([all/0]).
-export([versions/1, suites/1, older_versions/1, order/1, anonymous/1, filter/1, move/1, strings/1,
         strings_of_otp/1, maps_of_otp/1, signature_algs/1, sign_parameters/1, curves/1, raises/1]).

all() ->
    [versions, suites, older_versions, order, anonymous, filter, move, strings, strings_of_otp,
     maps_of_otp, signature_algs, sign_parameters, curves, raises].

versions(_) ->
    Versions = cssl_suites:versions(),
    [ssl_app, supported, supported_dtls, available, available_dtls, implemented,
     implemented_dtls] = [Name || {Name, _} <- Versions],
    [?assertEqual(['tlsv1.3', 'tlsv1.2'], proplists:get_value(Name, Versions))
     || Name <- [supported, available, implemented]],
    [?assertEqual([], proplists:get_value(Name, Versions))
     || Name <- [supported_dtls, available_dtls, implemented_dtls]],
    true = is_list(proplists:get_value(ssl_app, Versions)).

suites(_) ->
    Exclusive13 = cssl_suites:cipher_suites(exclusive, 'tlsv1.3'),
    Default12 = cssl_suites:cipher_suites(default, 'tlsv1.2'),
    Default13 = cssl_suites:cipher_suites(default, 'tlsv1.3'),
    All12 = cssl_suites:cipher_suites(all, 'tlsv1.2'),
    ?assertEqual(Default12, [S || S <- Default13, not lists:member(S, Exclusive13)]),
    ?assertEqual([], Default12 -- All12),
    ?assertEqual([], cssl_suites:cipher_suites(exclusive, 'tlsv1.2') -- All12),
    ?assertEqual(Exclusive13 ++ All12, cssl_suites:cipher_suites(all, 'tlsv1.3')),
    %% by default: fresh keys, AEADs, whole tags
    [true = lists:member(Kx, [any, ecdhe_ecdsa, ecdhe_rsa, dhe_rsa]) andalso Mac =:= aead
         andalso not lists:member(Cipher, [aes_128_ccm_8, aes_256_ccm_8])
     || #{key_exchange := Kx, mac := Mac, cipher := Cipher} <- Default13],
    %% each suite once, and each of the library's in a list
    Anonymous = cssl_suites:cipher_suites(anonymous, 'tlsv1.2'),
    Everything = cssl_suites:cipher_suites(all, 'tlsv1.3') ++ Anonymous,
    ?assertEqual(length(Everything), length(lists:usort(Everything))),
    ?assertEqual(length(cssl_nif:suites()), length(Everything)).

older_versions(_) ->
    [?assertEqual([], cssl_suites:cipher_suites(Kind, Version))
     || Kind <- [default, all, exclusive, anonymous, exclusive_anonymous],
        Version <- ['tlsv1.1', tlsv1, 'dtlsv1.2', dtlsv1]].

%% What OTP and this library have in common stands in the same order.
order(_) ->
    [begin
         Otp = ssl:cipher_suites(Kind, Version),
         Ours = cssl_suites:cipher_suites(Kind, Version),
         Common = [S || S <- Otp, lists:member(S, Ours), not cbc(S)],
         ?assertEqual({Kind, Version, Common},
                      {Kind, Version, [S || S <- Ours, lists:member(S, Common)]})
     end || Kind <- [default, all, exclusive], Version <- ['tlsv1.3', 'tlsv1.2']].

%% The default list had CBC suites among the others until release 27.
cbc(#{mac := Mac}) -> Mac =/= aead.

anonymous(_) ->
    Anonymous = cssl_suites:cipher_suites(anonymous, 'tlsv1.2'),
    [true = lists:member(Kx, [psk, dhe_psk, ecdhe_psk]) || #{key_exchange := Kx} <- Anonymous],
    Exclusive = cssl_suites:cipher_suites(exclusive_anonymous, 'tlsv1.2'),
    ?assertEqual([], Exclusive -- Anonymous),
    [] = [S || S <- Exclusive, cbc(S)],
    [] = cssl_suites:cipher_suites(anonymous, 'tlsv1.3').

filter(_) ->
    Suites = ssl:cipher_suites(all, 'tlsv1.2') ++ ssl:cipher_suites(exclusive, 'tlsv1.3'),
    Here = cssl_suites:filter_cipher_suites(Suites, []),
    ?assertEqual([], Here -- cssl_suites:cipher_suites(all, 'tlsv1.3')),
    true = length(Here) < length(Suites),
    Gcm = cssl_suites:filter_cipher_suites(Suites,
                                           [{cipher, fun(C) -> C =:= aes_128_gcm end},
                                            {key_exchange, fun(Kx) -> Kx =/= rsa end}]),
    [aes_128_gcm] = lists:usort([C || #{cipher := C} <- Gcm]),
    false = lists:member(rsa, [Kx || #{key_exchange := Kx} <- Gcm]),
    %% also as they are sent
    [#{key_exchange := ecdhe_rsa, cipher := aes_128_gcm}] =
        cssl_suites:filter_cipher_suites([<<16#c02f:16>>, <<0, 0>>], []).

move(_) ->
    Suites = cssl_suites:cipher_suites(default, 'tlsv1.3'),
    Filters = [{cipher, fun(C) -> C =:= chacha20_poly1305 end}],
    Chacha = cssl_suites:filter_cipher_suites(Suites, Filters),
    Others = Suites -- Chacha,
    true = Chacha =/= [] andalso Others =/= [],
    ?assertEqual(Chacha ++ Others, cssl_suites:prepend_cipher_suites(Filters, Suites)),
    ?assertEqual(Others ++ Chacha, cssl_suites:append_cipher_suites(Filters, Suites)),
    [First | Rest] = Suites,
    ?assertEqual(Rest ++ [First], cssl_suites:append_cipher_suites([First], Suites)),
    Last = lists:last(Suites),
    ?assertEqual([Last | lists:droplast(Suites)],
                 cssl_suites:prepend_cipher_suites([Last], Suites)).

strings(_) ->
    [begin
         Map = cssl_suites:str_to_suite(text(Iana)),
         ?assertEqual(Map, cssl_suites:str_to_suite(text(Openssl))),
         ?assertEqual(text(Iana), cssl_suites:suite_to_str(Map)),
         ?assertEqual(text(Openssl), cssl_suites:suite_to_openssl_str(Map)),
         ?assertEqual(Map, cssl_suites:map_of_number(Number))
     end || {Number, Iana, Openssl, _, _, _, _, _, _} <- cssl_nif:suites()],
    {error, {not_recognized, "foo"}} = cssl_suites:str_to_suite("foo"),
    {error, {not_recognized, foo}} = cssl_suites:str_to_suite(foo),
    "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" =
        cssl_suites:suite_to_str(#{key_exchange => null, cipher => null, mac => null,
                                   prf => null}),
    undefined = cssl_suites:map_of_number(0).

%% OTP's strings for the suites of its lists are ours.
strings_of_otp(_) ->
    Ours = cssl_suites:cipher_suites(all, 'tlsv1.3')
        ++ cssl_suites:cipher_suites(anonymous, 'tlsv1.2'),
    Otp = ssl:cipher_suites(all, 'tlsv1.3') ++ ssl:cipher_suites(anonymous, 'tlsv1.2'),
    Common = [S || S <- Otp, lists:member(S, Ours)],
    true = length(Common) > 40,
    [begin
         ?assertEqual(S, cssl_suites:str_to_suite(ssl:suite_to_str(S))),
         ?assertEqual(S, cssl_suites:str_to_suite(ssl:suite_to_openssl_str(S)))
     end || S <- Common].

%% Where OTP knows a suite, it has the map that we have.
maps_of_otp(_) ->
    [case ssl:str_to_suite(text(Iana)) of
         {error, _} -> ok;
         %% OTP takes the two words that IANA turned round for a key exchange of its own
         #{key_exchange := psk_dhe} -> ok;
         Map -> ?assertEqual({Iana, Map}, {Iana, cssl_suites:str_to_suite(text(Iana))})
     end || {_, Iana, _, _, _, _, _, _, _} <- cssl_nif:suites()].

signature_algs(_) ->
    %% what OTP and this library have in common stands in the same order
    [begin
         Ours = cssl_suites:signature_algs(Kind, Version),
         Common = [A || A <- otp_algs(Kind, Version), lists:member(A, Ours)],
         ?assertEqual({Kind, Version, Common},
                      {Kind, Version, [A || A <- Ours, lists:member(A, Common)]})
     end || Kind <- [default, all, exclusive], Version <- ['tlsv1.3', 'tlsv1.2']],
    [eddsa_ed25519, eddsa_ed448, ecdsa_secp521r1_sha512 | _] =
        [A || A <- cssl_suites:signature_algs(default, 'tlsv1.3'),
              not lists:member(A, [mldsa87, mldsa65, mldsa44])],
    [{sha512, ecdsa}, rsa_pss_pss_sha512, rsa_pss_rsae_sha512, {sha512, rsa} | _] =
        cssl_suites:signature_algs(default, 'tlsv1.2'),
    [] = [A || {sha, _} = A <- cssl_suites:signature_algs(default, 'tlsv1.2')],
    [] = [P || {_, _} = P <- cssl_suites:signature_algs(exclusive, 'tlsv1.3')],
    [?assertEqual([], cssl_suites:signature_algs(default, V)
                  -- cssl_suites:signature_algs(all, V)) || V <- ['tlsv1.3', 'tlsv1.2']].

%% Each scheme's parameters are those that its signatures verify with.
sign_parameters(_) ->
    Rsa = public_key:generate_key({rsa, 2048, 65537}),
    Ec = public_key:generate_key({namedCurve, secp256r1}),
    Ed = public_key:generate_key({namedCurve, ed25519}),
    [begin
         {Hash, Options} = cssl_suites:sign_parameters(Scheme),
         Signature = public_key:sign(<<"text">>, Hash, Key, Options),
         ?assert(public_key:verify(<<"text">>, Hash, Signature, public(Key), Options))
     end || {Key, Schemes} <- [{Rsa, [16#0401, 16#0501, 16#0601, 16#0804, 16#0805, 16#0806,
                                      16#0809, 16#080a, 16#080b]},
                               {Ec, [16#0403, 16#0503, 16#0603]}, {Ed, [16#0807]}],
            Scheme <- Schemes].

public(#'RSAPrivateKey'{modulus = N, publicExponent = E}) ->
    #'RSAPublicKey'{modulus = N, publicExponent = E};
public(#'ECPrivateKey'{publicKey = Point, parameters = Parameters}) ->
    {#'ECPoint'{point = Point}, Parameters}.

curves(_) ->
    [x25519, x448, secp521r1, secp384r1, secp256r1] = cssl_suites:eccs(),
    ?assertEqual(cssl_suites:eccs(), cssl_suites:eccs('tlsv1.2')),
    [] = cssl_suites:eccs('tlsv1.1'),
    Groups = cssl_suites:groups(),
    ?assertEqual([], cssl_suites:groups(default) -- Groups),
    ?assertEqual(lists:sort([G || {G, _} <- cssl_nif:groups()]), lists:sort(Groups)).

raises(_) ->
    ?assertError(function_clause, cssl_suites:cipher_suites(foo, 'tlsv1.2')),
    ?assertError(function_clause, cssl_suites:cipher_suites(default, foo)),
    ?assertError(function_clause, cssl_suites:cipher_suites(default, 'tlsv1.2', foo)),
    ?assertError(function_clause, cssl_suites:filter_cipher_suites(foo, [])),
    ?assertError(function_clause, cssl_suites:filter_cipher_suites([], foo)),
    ?assertError(function_clause, cssl_suites:suite_to_str(foo)),
    ?assertError(function_clause, cssl_suites:suite_to_str(#{})),
    ?assertError({signature_algs_not_supported_in_protocol_version, 'tlsv1.1'},
                 cssl_suites:signature_algs(default, 'tlsv1.1')),
    ?assertError({signature_algs_not_supported_in_protocol_version, foo},
                 cssl_suites:signature_algs(all, foo)),
    ?assertError(badarg, cssl_suites:signature_algs(foo, 'tlsv1.3')),
    ?assertError({badarg, not_sup_in, 'tlsv1.3'}, cssl_suites:eccs('tlsv1.3')),
    ?assertError({badarg, foo}, cssl_suites:eccs(foo)),
    ?assertError(function_clause, cssl_suites:groups(foo)).

%% Until release 27 the lists were others.
otp_algs(Kind, Version) ->
    case list_to_integer(erlang:system_info(otp_release)) >= 27 of
        true -> ssl:signature_algs(Kind, Version);
        false -> []
    end.

text(Binary) ->
    binary_to_list(iolist_to_binary(Binary)).
