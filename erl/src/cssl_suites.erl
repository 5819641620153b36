%%% Cipher suites, groups and signature algorithms: the lists that programs ask for, in the terms of
%%% OTP's ssl, and the names that the library knows them by. What there is comes from the library,
%%% through cssl_nif; this module knows orders of preference and spellings, and decides nothing.
-module(cssl_suites).

-export([versions/0, cipher_suites/2, cipher_suites/3, filter_cipher_suites/2,
         prepend_cipher_suites/2, append_cipher_suites/2, signature_algs/2, eccs/0, eccs/1,
         groups/0, groups/1, suite_to_str/1, suite_to_openssl_str/1, str_to_suite/1]).
-export([default_names/1, names_of/2, suites_of_names/1, is_psk_name/1, map_of_number/1,
         scheme_names/1, known_schemes/1, group_names/1, ecc_names/1, oid/1, versions_there/0,
         sign_parameters/1, scheme_number/1]).

-export_type([suite/0, version/0]).

-type version() :: 'tlsv1.3' | 'tlsv1.2'.
-type suite() :: #{key_exchange := atom(), cipher := atom(), mac := atom(), prf := atom()}.
-type kind() :: default | all | exclusive | anonymous | exclusive_anonymous.
-type filter() :: {key_exchange | cipher | mac | prf, fun((atom()) -> boolean())}.

-record(row, {number :: 0..65535, name :: string(), openssl :: string(), version :: version(),
              map :: suite(), default :: boolean()}).

-define(TABLE, {?MODULE, table}).
-define(OLDER, ['tlsv1.1', tlsv1, 'dtlsv1.2', dtlsv1]). % versions of OTP's that are not here

%%% Lists for programs

-spec versions() -> [{atom(), term()}].
versions() ->
    There = versions_there(),
    [{ssl_app, application_version()},
     {supported, There}, {supported_dtls, []},
     {available, There}, {available_dtls, []},
     {implemented, There}, {implemented_dtls, []}].

%% The versions that connections can have, the newest first.
-spec versions_there() -> [version()].
versions_there() ->
    ['tlsv1.3', 'tlsv1.2'].

-spec cipher_suites(kind(), atom()) -> [suite()].
cipher_suites(Kind, Version) ->
    [Row#row.map || Row <- listed(Kind, Version)].

-spec cipher_suites(kind(), atom(), rfc | openssl) -> [string()].
cipher_suites(Kind, Version, rfc) ->
    [Row#row.name || Row <- listed(Kind, Version)];
cipher_suites(Kind, Version, openssl) ->
    [Row#row.openssl || Row <- listed(Kind, Version)].

%% Suites are maps, numbers as they are sent, or old tuples; those that are not here are dropped.
-spec filter_cipher_suites([term()], [filter()]) -> [suite()].
filter_cipher_suites(Suites, Filters) when is_list(Suites), is_list(Filters) ->
    [Map || Suite <- Suites, (Map = here(Suite)) =/= none, passes(Map, Filters)].

-spec prepend_cipher_suites([term()], [term()]) -> [suite()].
prepend_cipher_suites([First | _] = Preferred, Suites) when is_map(First) ->
    Preferred ++ (Suites -- Preferred);
prepend_cipher_suites(Filters, Suites) when is_list(Filters), is_list(Suites) ->
    Preferred = filter_cipher_suites(Suites, Filters),
    Preferred ++ (Suites -- Preferred).

-spec append_cipher_suites([term()], [term()]) -> [suite()].
append_cipher_suites([First | _] = Deferred, Suites) when is_map(First) ->
    (Suites -- Deferred) ++ Deferred;
append_cipher_suites(Filters, Suites) when is_list(Filters), is_list(Suites) ->
    Deferred = filter_cipher_suites(Suites, Filters),
    (Suites -- Deferred) ++ Deferred.

-spec suite_to_str(term()) -> string().
suite_to_str(#{key_exchange := null, cipher := null, mac := null, prf := null}) ->
    "TLS_EMPTY_RENEGOTIATION_INFO_SCSV";
suite_to_str(#{key_exchange := _, cipher := _, mac := _, prf := _} = Map) ->
    #row{name = Name} = row_of_map(Map),
    Name.

-spec suite_to_openssl_str(suite()) -> string().
suite_to_openssl_str(#{key_exchange := _, cipher := _, mac := _, prf := _} = Map) ->
    #row{openssl = Name} = row_of_map(Map),
    Name.

-spec str_to_suite(string()) -> suite() | {error, {not_recognized, term()}}.
str_to_suite(Name) ->
    case row_of_name(Name) of
        #row{map = Map} -> Map;
        none -> {error, {not_recognized, Name}}
    end.

-spec signature_algs(default | all | exclusive, atom()) -> [atom() | {atom(), atom()}].
signature_algs(Kind, Version) when Kind =:= default; Kind =:= all; Kind =:= exclusive ->
    case Version of
        'tlsv1.3' -> signature_algs_13(Kind);
        'tlsv1.2' -> signature_algs_12(Kind);
        'dtlsv1.2' -> [];
        _ -> error({signature_algs_not_supported_in_protocol_version, Version})
    end;
signature_algs(_, _) ->
    error(badarg).

-spec eccs() -> [atom()].
eccs() ->
    eccs('tlsv1.2').

-spec eccs(atom()) -> [atom()].
eccs('tlsv1.2') ->
    [G || G <- ecc_order(), group_here(G)];
eccs('tlsv1.3') ->
    error({badarg, not_sup_in, 'tlsv1.3'});
eccs(Version) ->
    case lists:member(Version, ?OLDER) of
        true -> [];
        false -> error({badarg, Version})
    end.

-spec groups() -> [atom()].
groups() ->
    Default = groups(default),
    Default ++ [G || G <- [G || {G, _} <- cssl_nif:groups()] -- Default].

-spec groups(default) -> [atom()].
groups(default) ->
    [G || G <- default_groups(), group_here(G)].

%%% Names that the library knows, for cssl_options

%% The suites of Versions that are on when nobody says otherwise, as IANA's names.
-spec default_names([version()]) -> [binary()].
default_names(Versions) ->
    [name(Row) || V <- Versions, Row <- listed(exclusive_default, V)].

%% IANA's names of what the option ciphers holds. An empty list is the default one. Suites that this
%% library leaves out are passed over as long as others remain; `error` is for a list of which
%% nothing remains, and for what is no suite at all.
-spec names_of(term(), [version()]) -> {ok, [binary()]} | error.
names_of([], Versions) ->
    {ok, default_names(Versions)};
names_of(Given, Versions) ->
    try rows_given(Given) of
        Rows ->
            case unique([name(R) || #row{version = V} = R <- Rows, lists:member(V, Versions)]) of
                [] -> error;
                Names -> {ok, Names}
            end
    catch
        throw:not_a_suite -> error
    end.

-spec suites_of_names([binary()]) -> [suite()].
suites_of_names(Names) ->
    [Map || Name <- Names, #row{map = Map} <- [row_of_name(binary_to_list(Name))]].

-spec is_psk_name(binary()) -> boolean().
is_psk_name(Name) ->
    case row_of_name(binary_to_list(Name)) of
        #row{map = Map} -> is_psk(Map);
        none -> false
    end.

-spec map_of_number(0..65535) -> suite() | undefined.
map_of_number(Number) ->
    case table() of
        #{Number := #row{map = Map}} -> Map;
        _ -> undefined
    end.

%% OTP's names of signature algorithms become the library's; what is not here is left out.
-spec scheme_names([term()]) -> [binary()].
scheme_names(Algs) ->
    unique([atom_to_binary(N) || Alg <- Algs, (N = scheme_name(Alg)) =/= none,
                                 scheme_here(N)]).

%% Whether each entry is one that OTP knows, supported or not.
-spec known_schemes([term()]) -> boolean().
known_schemes(Algs) ->
    lists:all(fun({Hash, Sign}) -> is_atom(Hash) andalso is_atom(Sign);
                 (Alg) -> lists:member(Alg, schemes_of_otp())
              end, Algs).

%% The groups that are here, in the order given, as the library's names.
-spec group_names([term()]) -> [binary()].
group_names(Groups) ->
    unique([atom_to_binary(G) || G <- Groups, is_atom(G), group_here(G)]).

%% The curves of option eccs: `error` when one is none that OTP knows.
-spec ecc_names([term()]) -> {ok, [atom()]} | error.
ecc_names(Curves) ->
    case lists:all(fun(C) -> lists:member(C, curves_of_otp()) end, Curves) of
        true -> {ok, [C || C <- Curves, lists:member(C, ecc_order()), group_here(C)]};
        false -> error
    end.

%% What a sign_fun is called with for a scheme of IANA's number: the hash, and how RSA is to be
%% padded.
-spec sign_parameters(0..65535) -> {atom(), [{atom(), term()}]}.
sign_parameters(16#0401) -> {sha256, [{rsa_padding, rsa_pkcs1_padding}]};
sign_parameters(16#0501) -> {sha384, [{rsa_padding, rsa_pkcs1_padding}]};
sign_parameters(16#0601) -> {sha512, [{rsa_padding, rsa_pkcs1_padding}]};
sign_parameters(16#0201) -> {sha, [{rsa_padding, rsa_pkcs1_padding}]};
sign_parameters(16#0203) -> {sha, []};
sign_parameters(16#0403) -> {sha256, []};
sign_parameters(16#0503) -> {sha384, []};
sign_parameters(16#0603) -> {sha512, []};
sign_parameters(N) when N =:= 16#0804; N =:= 16#0809 -> {sha256, pss(sha256, 32)};
sign_parameters(N) when N =:= 16#0805; N =:= 16#080a -> {sha384, pss(sha384, 48)};
sign_parameters(N) when N =:= 16#0806; N =:= 16#080b -> {sha512, pss(sha512, 64)};
sign_parameters(_) -> {none, []}. % EdDSA and ML-DSA hash by themselves

%% IANA's number of a scheme by OTP's name; `undefined` for others.
-spec scheme_number(atom()) -> 0..65535 | undefined.
scheme_number(Name) ->
    maps:get(Name,
             #{rsa_pkcs1_sha1 => 16#0201, ecdsa_sha1 => 16#0203, rsa_pkcs1_sha256 => 16#0401,
               ecdsa_secp256r1_sha256 => 16#0403, rsa_pkcs1_sha384 => 16#0501,
               ecdsa_secp384r1_sha384 => 16#0503, rsa_pkcs1_sha512 => 16#0601,
               ecdsa_secp521r1_sha512 => 16#0603, rsa_pss_rsae_sha256 => 16#0804,
               rsa_pss_rsae_sha384 => 16#0805, rsa_pss_rsae_sha512 => 16#0806,
               eddsa_ed25519 => 16#0807, eddsa_ed448 => 16#0808, rsa_pss_pss_sha256 => 16#0809,
               rsa_pss_pss_sha384 => 16#080a, rsa_pss_pss_sha512 => 16#080b,
               mldsa44 => 16#0904, mldsa65 => 16#0905, mldsa87 => 16#0906}, undefined).

pss(Hash, Salt) ->
    [{rsa_padding, rsa_pkcs1_pss_padding}, {rsa_pss_saltlen, Salt}, {rsa_mgf1_md, Hash}].

%% The object identifier of a curve, RFC 5480 2.1.1.1 and RFC 8410.
-spec oid(atom()) -> tuple().
oid(x25519) -> {1, 3, 101, 110};
oid(x448) -> {1, 3, 101, 111};
oid(secp521r1) -> {1, 3, 132, 0, 35};
oid(secp384r1) -> {1, 3, 132, 0, 34};
oid(secp256r1) -> {1, 2, 840, 10045, 3, 1, 7}.

%%% Suites

listed(Kind, Version) when Version =:= 'tlsv1.3'; Version =:= 'tlsv1.2' ->
    Rows = [R || R <- rows(), versions_of(Kind, Version, R), of_kind(Kind, R)],
    lists:sort(fun(A, B) -> rank(A) =< rank(B) end, Rows);
listed(Kind, Version) when Kind =:= default; Kind =:= all; Kind =:= exclusive;
                           Kind =:= anonymous; Kind =:= exclusive_anonymous ->
    true = lists:member(Version, ?OLDER) orelse error(function_clause),
    [].

%% Default lists and lists of all suites of a version have those of the older ones behind them.
versions_of(Kind, 'tlsv1.3', _) when Kind =:= default; Kind =:= all ->
    true;
versions_of(_, Version, #row{version = Of}) ->
    Version =:= Of.

of_kind(default, Row) -> is_default(Row);
of_kind(exclusive_default, Row) -> is_default(Row);
of_kind(all, #row{map = Map}) -> not is_psk(Map);
of_kind(exclusive, #row{map = Map} = Row) ->
    is_fresh_aead(Row) andalso not is_psk(Map);
of_kind(anonymous, #row{map = Map}) -> is_psk(Map);
of_kind(exclusive_anonymous, #row{map = #{mac := Mac} = Map}) -> is_psk(Map) andalso Mac =:= aead;
of_kind(_, _) -> error(function_clause).

is_default(#row{map = Map, default = Default} = Row) ->
    Default andalso is_fresh_aead(Row) andalso not is_psk(Map) andalso not is_dhe_ccm(Map).

is_fresh_aead(#row{map = #{key_exchange := Kx, mac := Mac}}) ->
    Mac =:= aead andalso Kx =/= rsa.

is_psk(#{key_exchange := Kx}) ->
    lists:member(Kx, [psk, dhe_psk, ecdhe_psk]).

is_dhe_ccm(#{key_exchange := Kx, cipher := Cipher}) ->
    Kx =:= dhe_rsa andalso lists:member(Cipher, [aes_256_ccm, aes_128_ccm, aes_256_ccm_8,
                                                 aes_128_ccm_8]).

%% OTP's order: the newest version first, fresh keys and AEADs before others, 256 bits before 128.
rank(#row{version = 'tlsv1.3', map = #{cipher := Cipher}}) ->
    {0, 0, place(Cipher, [aes_256_gcm, aes_128_gcm, chacha20_poly1305, aes_128_ccm]), 0, 0};
rank(#row{map = #{key_exchange := Kx, cipher := Cipher, mac := Mac}}) ->
    {class(Kx, Mac), place(Kx, [ecdhe_ecdsa, dhe_rsa], #{ecdhe_rsa => ecdhe_ecdsa}),
     place(Cipher, ciphers_by_rank(Kx)), place(Mac, [aead, sha384, sha256]),
     place(Kx, [ecdhe_psk, dhe_psk, ecdhe_ecdsa])}.

class(Kx, _) when Kx =:= psk; Kx =:= dhe_psk; Kx =:= ecdhe_psk -> 5;
class(rsa, _) -> 3;
class(_, aead) -> 1;
class(_, sha) -> 4;
class(_, _) -> 2.

ciphers_by_rank(dhe_rsa) ->
    [aes_256_gcm, aes_128_gcm, chacha20_poly1305, aes_256_ccm, aes_128_ccm, aes_256_ccm_8,
     aes_128_ccm_8, aes_256_cbc, aes_128_cbc];
ciphers_by_rank(rsa) ->
    [aes_256_gcm, aes_128_gcm, aes_256_cbc, aes_128_cbc, aes_256_ccm, aes_128_ccm];
ciphers_by_rank(_) ->
    [aes_256_gcm, aes_256_ccm, aes_256_ccm_8, chacha20_poly1305, aes_128_gcm, aes_128_ccm,
     aes_128_ccm_8, aes_256_cbc, aes_128_cbc].

place(Item, Items, Same) ->
    place(maps:get(Item, Same, Item), Items).

place(Item, [Item | _]) -> 0;
place(Item, [_ | Rest]) -> 1 + place(Item, Rest);
place(_, []) -> 0.

passes(Map, Filters) ->
    lists:all(fun({Part, Fun}) -> Fun(maps:get(Part, Map)) =:= true end, Filters).

here(Suite) ->
    try row_given(Suite) of
        #row{map = Map} -> Map;
        none -> none
    catch
        throw:not_a_suite -> none
    end.

%%% Spellings of the option ciphers

rows_given([C | _] = Text) when is_integer(C) ->
    rows_given(string:split(chars(Text), ":", all));
rows_given(List) when is_list(List) ->
    [Row || Suite <- proper(List), (Row = row_given(Suite)) =/= none];
rows_given(_) ->
    throw(not_a_suite).

%% `none` is a suite of OTP's which is not here; what is no suite at all is thrown.
row_given(<<Number:16>>) ->
    maps:get(Number, table(), none);
row_given(Map) when is_map(Map) ->
    case Map of
        #{key_exchange := Kx, cipher := Cipher, mac := Mac, prf := _} ->
            row_of_parts(Map, Kx, Cipher, Mac);
        _ ->
            throw(not_a_suite)
    end;
row_given({Kx, Cipher, Mac}) ->
    row_of_parts(#{key_exchange => Kx, cipher => Cipher, mac => old_mac(Cipher, Mac),
                   prf => default_prf}, Kx, Cipher, Mac);
row_given({Kx, Cipher, Mac, Prf}) ->
    row_of_parts(#{key_exchange => Kx, cipher => Cipher, mac => old_mac(Cipher, Mac),
                   prf => Prf}, Kx, Cipher, Mac);
row_given(Name) when is_binary(Name); is_list(Name) ->
    String = if is_binary(Name) -> binary_to_list(Name); true -> chars(Name) end,
    case row_of_name(String) of
        none -> left_out_name(String) orelse throw(not_a_suite), none;
        Row -> Row
    end;
row_given(_) ->
    throw(not_a_suite).

row_of_parts(Map, Kx, Cipher, Mac) ->
    case table() of
        #{{map, Map} := Row} ->
            Row;
        _ ->
            Known = lists:member(Kx, key_exchanges()) andalso lists:member(Cipher, ciphers())
                andalso lists:member(Mac, [aead, null, sha, sha256, sha384, md5]),
            Known orelse throw(not_a_suite),
            none
    end.

%% Tuples of old wrote null for the MAC of AEADs.
old_mac(Cipher, null) when Cipher =/= null -> aead;
old_mac(_, Mac) -> Mac.

key_exchanges() ->
    [any, ecdhe_ecdsa, ecdhe_rsa, ecdh_ecdsa, ecdh_rsa, dhe_rsa, dhe_dss, rsa, psk, dhe_psk,
     ecdhe_psk, rsa_psk, srp_rsa, srp_dss, srp_anon, dh_anon, ecdh_anon, psk_dhe].

ciphers() ->
    [aes_256_gcm, aes_128_gcm, chacha20_poly1305, aes_256_ccm, aes_128_ccm, aes_256_ccm_8,
     aes_128_ccm_8, aes_256_cbc, aes_128_cbc, '3des_ede_cbc', des_cbc, rc4_128].

%% Names of suites that OTP can have and this library leaves out: no fault in a list, but unused.
left_out_name("TLS_" ++ Rest) ->
    has_part(Rest, ["_WITH_"]) andalso
        has_part(Rest, ["RC4_128", "DES_CBC", "ECDH_", "_anon_", "SRP_", "_DSS_", "RSA_PSK_"]);
left_out_name(Name) ->
    lists:member(Name, ["RC4-SHA", "RC4-MD5", "DES-CBC3-SHA"]) orelse
        lists:any(fun(Prefix) -> lists:prefix(Prefix, Name) end,
                  ["ECDH-RSA-AES", "ECDH-ECDSA-AES", "DHE-DSS-AES", "RSA-PSK-AES", "SRP-RSA-",
                   "SRP-DSS-", "SRP-AES-", "ECDHE-RSA-DES-CBC3-SHA", "ECDHE-ECDSA-DES-CBC3-SHA",
                   "DHE-RSA-DES-CBC3-SHA", "EDH-RSA-DES-CBC3-SHA", "ECDHE-RSA-RC4-SHA",
                   "ECDHE-ECDSA-RC4-SHA"]).

has_part(Text, Parts) ->
    lists:any(fun(Part) -> string:find(Text, Part) =/= nomatch end, Parts).

%%% The table, made once of what the library says

rows() ->
    maps:get(rows, table()).

table() ->
    case persistent_term:get(?TABLE, none) of
        none ->
            Table = make_table([row(R) || R <- cssl_nif:suites()]),
            persistent_term:put(?TABLE, Table),
            Table;
        Table ->
            Table
    end.

make_table(Rows) ->
    Keys = [{Key, Row} || #row{number = Number, name = Name, openssl = Openssl, map = Map} = Row
                              <- Rows,
                          Key <- [Number, {name, Name}, {name, Openssl}, {map, Map},
                                  {name, other_name(Name)}, {name, other_name(Openssl)},
                                  {map, Map#{prf := default_prf}}]],
    maps:put(rows, Rows, maps:from_list(lists:reverse(Keys))).

row({Number, Name, Openssl, Version, Kx, Cipher, Mac, Prf, Default}) ->
    Map = #{key_exchange => Kx, cipher => Cipher, mac => Mac, prf => prf(Kx, Cipher, Mac, Prf)},
    #row{number = Number, name = text(Name), openssl = text(Openssl), version = Version, map = Map,
         default = Default}.

%% OTP says default_prf where a suite was defined without a hash of its own.
prf(any, _, _, Prf) -> Prf;
prf(_, _, sha, _) -> default_prf;
prf(Kx, _, sha256, _) when Kx =:= rsa; Kx =:= dhe_rsa -> default_prf;
prf(ecdhe_psk, _, _, Prf) -> Prf;
prf(_, Cipher, aead, Prf) ->
    case lists:member(Cipher, [aes_128_ccm, aes_256_ccm, aes_128_ccm_8, aes_256_ccm_8]) of
        true -> default_prf;
        false -> Prf
    end;
prf(_, _, _, Prf) -> Prf.

%% OTP's own spellings. IANA turned two words round in two names, OpenSSL leaves out a hash.
other_name("TLS_PSK_DHE_" ++ Rest) -> "TLS_DHE_PSK_" ++ Rest;
other_name("ECDHE-PSK-AES128-CCM") -> "ECDHE-PSK-AES128-CCM-SHA256";
other_name("ECDHE-PSK-AES128-CCM8") -> "ECDHE-PSK-AES128-CCM8-SHA256";
other_name(Name) -> Name.

row_of_map(Map) ->
    case table() of
        #{{map, Map} := Row} -> Row;
        _ -> error(function_clause)
    end.

row_of_name(Name) ->
    maps:get({name, Name}, table(), none).

name(#row{name = Name}) ->
    list_to_binary(Name).

text(Text) ->
    binary_to_list(iolist_to_binary(Text)).

chars(Text) ->
    lists:all(fun(C) -> is_integer(C) andalso C >= 0 andalso C < 128 end, proper(Text))
        orelse throw(not_a_suite),
    Text.

proper(List) ->
    is_integer(catch length(List)) orelse throw(not_a_suite),
    List.

unique(List) ->
    lists:reverse(lists:foldl(fun(X, Acc) ->
                                      case lists:member(X, Acc) of
                                          true -> Acc;
                                          false -> [X | Acc]
                                      end
                              end, [], List)).

%%% Groups

%% From release 29 on, OTP offers a hybrid first.
default_groups() ->
    Classic = [x25519, x448, secp521r1, secp384r1, secp256r1],
    case release() >= 29 of
        true -> [x25519mlkem768 | Classic];
        false -> Classic
    end.

ecc_order() ->
    [x25519, x448, secp521r1, secp384r1, secp256r1].

curves_of_otp() ->
    ecc_order() ++
        [brainpoolP512r1, brainpoolP384r1, brainpoolP256r1, sect571r1, sect571k1, sect409k1,
         sect409r1, sect283k1, sect283r1, secp256k1, sect239k1, sect233k1, sect233r1, secp224k1,
         secp224r1, sect193r1, sect193r2, secp192k1, secp192r1, sect163k1, sect163r1, sect163r2,
         secp160k1, secp160r1, secp160r2].

group_here(Group) ->
    lists:keymember(Group, 1, cssl_nif:groups()).

%%% Signature algorithms

signature_algs_13(exclusive) ->
    here_schemes(schemes_13());
signature_algs_13(default) ->
    here_schemes(schemes_13() ++ pairs(ecdsa));
signature_algs_13(all) ->
    here_schemes(schemes_13() ++ pairs(ecdsa) ++ [ecdsa_sha1, rsa_pkcs1_sha1]).

signature_algs_12(default) ->
    here_schemes(schemes_12());
signature_algs_12(_) ->
    here_schemes(schemes_12() ++ [{sha, ecdsa}, {sha, rsa}]).

schemes_13() ->
    [mldsa87, mldsa65, mldsa44, eddsa_ed25519, eddsa_ed448, ecdsa_secp521r1_sha512,
     ecdsa_secp384r1_sha384, ecdsa_secp256r1_sha256, rsa_pss_pss_sha512, rsa_pss_pss_sha384,
     rsa_pss_pss_sha256, rsa_pss_rsae_sha512, rsa_pss_rsae_sha384, rsa_pss_rsae_sha256,
     rsa_pkcs1_sha512, rsa_pkcs1_sha384, rsa_pkcs1_sha256].

schemes_12() ->
    [{sha512, ecdsa}, rsa_pss_pss_sha512, rsa_pss_rsae_sha512, {sha512, rsa},
     {sha384, ecdsa}, rsa_pss_pss_sha384, rsa_pss_rsae_sha384, {sha384, rsa},
     {sha256, ecdsa}, rsa_pss_pss_sha256, rsa_pss_rsae_sha256, {sha256, rsa}].

pairs(Sign) ->
    [{Hash, Sign} || Hash <- [sha512, sha384, sha256]].

schemes_of_otp() ->
    schemes_13() ++ [ecdsa_sha1, rsa_pkcs1_sha1, ecdsa_brainpoolP512r1tls13_sha512,
                     ecdsa_brainpoolP384r1tls13_sha384, ecdsa_brainpoolP256r1tls13_sha256] ++
        slh_dsa().

slh_dsa() ->
    [slh_dsa_sha2_128s, slh_dsa_sha2_128f, slh_dsa_sha2_192s, slh_dsa_sha2_192f,
     slh_dsa_sha2_256s, slh_dsa_sha2_256f, slh_dsa_shake_128s, slh_dsa_shake_128f,
     slh_dsa_shake_192s, slh_dsa_shake_192f, slh_dsa_shake_256s, slh_dsa_shake_256f].

here_schemes(Algs) ->
    [Alg || Alg <- Algs, scheme_here(scheme_name(Alg))].

scheme_name({sha512, ecdsa}) -> ecdsa_secp521r1_sha512;
scheme_name({sha384, ecdsa}) -> ecdsa_secp384r1_sha384;
scheme_name({sha256, ecdsa}) -> ecdsa_secp256r1_sha256;
scheme_name({sha, ecdsa}) -> ecdsa_sha1;
scheme_name({sha512, rsa}) -> rsa_pkcs1_sha512;
scheme_name({sha384, rsa}) -> rsa_pkcs1_sha384;
scheme_name({sha256, rsa}) -> rsa_pkcs1_sha256;
scheme_name({sha, rsa}) -> rsa_pkcs1_sha1;
scheme_name({_, Scheme}) ->
    case lists:prefix("rsa_pss_", scheme_text(Scheme)) of
        true -> Scheme;
        false -> none
    end;
scheme_name(eddsa_ed25519) -> ed25519;
scheme_name(eddsa_ed448) -> ed448;
scheme_name(Scheme) when is_atom(Scheme) -> Scheme;
scheme_name(_) -> none.

scheme_text(Scheme) when is_atom(Scheme) -> atom_to_list(Scheme);
scheme_text(_) -> "".

scheme_here(none) ->
    false;
scheme_here(Name) ->
    lists:any(fun(Version) -> lists:keymember(Name, 1, cssl_nif:signature_algs(Version)) end,
              versions_there()).

%%% The surroundings

application_version() ->
    case application:get_key(cssl, vsn) of
        {ok, Version} -> Version;
        undefined -> "0"
    end.

release() ->
    case string:to_integer(erlang:system_info(otp_release)) of
        {N, _} when is_integer(N) -> N;
        _ -> 0
    end.
