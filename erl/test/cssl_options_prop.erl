%%% Properties of option lists: whatever is given, the answer is checked options, an error of OTP's
%%% form, or function_clause for what is no list; checking is the same every time; and what was
%%% checked makes a config of the library, or a fault of an option. PropEr's macros are spelled
%%% out: not every package of it brings their header.
-module(cssl_options_prop).

-import(proper, [forall/2]).
-import(proper_types, [any/0, atom/0, binary/0, binary/1, bind/3, function/2, integer/0, list/1,
                       non_neg_integer/0, oneof/1, string/0]).

-export([check/1, prop_any_term/0, prop_any_value/0, prop_any_suites/0]).

-define(TESTS, 2000).

-spec check(term()) -> boolean().
check(_) ->
    Props = [prop_any_term(), prop_any_value(), prop_any_suites()],
    lists:all(fun(Prop) -> proper:quickcheck(Prop, [{numtests, ?TESTS}, quiet]) =:= true end,
              Props).

%% Any term for a list.
prop_any_term() ->
    forall({role(), oneof([any(), list(any()), list({atom(), any()})])},
           fun({Role, Term}) -> sane(Role, Term) end).

%% Any values of the options there are, good ones mixed in, so that deeper checks are reached.
prop_any_value() ->
    forall({role(), list(option())}, fun({Role, Options}) -> sane(Role, Options) end).

%% Any spelling of suites, groups and signature algorithms.
prop_any_suites() ->
    forall({role(), oneof([ciphers, supported_groups, eccs, signature_algs, signature_algs_cert]),
            oneof([list(suite()), suite(), any()])},
           fun({Role, Name, List}) -> sane(Role, [{verify, verify_none}, {Name, List}]) end).

role() ->
    oneof([client, server]).

option() ->
    Names = maps:keys(cssl_options:names()) ++ [mode, active, packet, header],
    bind(oneof(Names), fun(Name) -> oneof([{Name, any()}, {Name, value()}, any()]) end, false).

value() ->
    oneof([true, false, undefined, disabled, enabled, auto, manual, stateful, stateless, peer,
           verify_none, verify_peer, hello, <<>>, binary(), [], "text", [<<"proto">>],
           ['tlsv1.2'], ['tlsv1.3', 'tlsv1.2'], [x25519], [{"host", []}],
           non_neg_integer(), integer(), #{}, #{cert => <<1>>, key => {rsa, <<2>>}},
           [#{certfile => "x"}], {internal, []}, {ssl_crl_cache, {internal, []}},
           function(1, any()), {function(3, any()), any()},
           bind({any(), any()}, fun({Head, Tail}) -> [Head | Tail] end, false)]).

suite() ->
    oneof([any(), "TLS_AES_128_GCM_SHA256", <<"AES128-SHA">>, binary(2), string(),
           {ecdhe_rsa, aes_128_gcm, null, sha256}, {any(), any(), any()},
           #{key_exchange => any, cipher => aes_128_gcm, mac => aead, prf => sha256},
           bind({any(), any(), any(), any()},
                fun({K, C, M, P}) -> #{key_exchange => K, cipher => C, mac => M, prf => P} end,
                false),
           x25519, secp256r1, {sha256, rsa}, rsa_pss_rsae_sha256]).

sane(Role, Term) ->
    First = answer(Role, Term),
    is_answer(Term, First) andalso kind(First) =:= kind(answer(Role, Term)).

answer(client, Term) -> catch_clause(fun() -> cssl_options:client(Term, "host") end);
answer(server, Term) -> catch_clause(fun() -> cssl_options:server(Term) end).

catch_clause(Fun) ->
    try
        Fun()
    catch
        error:function_clause -> function_clause
    end.

is_answer(_, {ok, #{role := Role, config := Config, funs := Funs} = Options}) ->
    is_map(Funs) andalso is_config(cssl_nif:config(Role, Config, #{}), Options);
is_answer(_, {error, {options, {_, _}}}) -> true;
is_answer(_, {error, {options, incompatible, [_ | _]}}) -> true;
is_answer(_, {error, {options, missing_version, _}}) -> true;
is_answer(_, {error, {option, Side, Name}}) ->
    is_atom(Name) andalso (Side =:= client_only orelse Side =:= server_only);
is_answer(Term, function_clause) -> not is_integer(catch length(Term));
is_answer(_, _) -> false.

is_config({ok, _}, _) ->
    true;
is_config({error, Why}, Options) ->
    element(1, Why) =:= option
        andalso element(1, cssl_format:config_reason(Why, Options)) =:= options.

kind({ok, _}) -> ok;
kind(Other) -> Other.
