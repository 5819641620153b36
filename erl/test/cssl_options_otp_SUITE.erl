%%% OTP's own check of options as the oracle: each option with many values, alone and with either
%%% version, on both sides. What OTP refuses is refused here in the same term; what it takes is
%%% taken, but for what this library leaves out or checks where OTP does not. Release 27 has the
%%% terms.
-module(cssl_options_otp_SUITE).

-include_lib("stdlib/include/assert.hrl").

-export([all/0, init_per_suite/1, end_per_suite/1]).
-export([values/1, pairs/1, files_and_lists/1]).

all() ->
    [values, pairs, files_and_lists].

init_per_suite(Config) ->
    _ = code:ensure_loaded(ssl),
    case erlang:system_info(otp_release) =:= "27"
        andalso erlang:function_exported(ssl, handle_options, 3) of
        true -> {ok, _} = application:ensure_all_started(ssl), Config;
        false -> {skip, "the terms are those of OTP 27"}
    end.

end_per_suite(_) ->
    ok.

values(_) ->
    compare([{Role, [{Name, Value} | Versions]}
             || Role <- [client, server], Name <- names(), Value <- values_of(Name),
                Versions <- [[], [{versions, ['tlsv1.2']}], [{versions, ['tlsv1.3']}]],
                not (Name =:= versions andalso Versions =/= [])]).

%% Two options at once: which of two faults is told, and which two clash.
pairs(_) ->
    Bad = [{Name, hd(values_of(Name))} || Name <- names(), Name =/= versions],
    compare([{Role, [A, B]} || Role <- [client, server], A <- Bad, B <- Bad, A =/= B,
                               not leaves_out(A), not leaves_out(B)]).

files_and_lists(_) ->
    Mixed = [[{session_tickets, T}, O]
             || T <- [manual, auto, stateless, stateful, stateless_with_cert],
                O <- [{use_ticket, [a]}, {early_data, <<"x">>}, {early_data, enabled},
                      {anti_replay, '10k'}, {anti_replay, '1k'}, {use_ticket, []}]],
    Verify = [[{verify, verify_peer} | O]
              || O <- [[], [{cacerts, []}], [{cacertfile, "x"}], [{cacertfile, ""}],
                       [{fail_if_no_peer_cert, true}, {cacerts, []}],
                       [{fail_if_no_peer_cert, true}]]],
    Odd = [[foo], [{a, b, c}], [{1, 2}], [inet6], [binary, {mode, foo}], [{raw, 1, 2}],
           [{sni_hosts, [{"a", []}]}, {sni_fun, fun(_) -> [] end}]],
    compare([{Role, Options} || Role <- [client, server], Options <- Mixed ++ Verify ++ Odd]).

compare(Cases) ->
    Wrong = [{Role, Options, Otp, Ours} || {Role, Options0} <- Cases,
                                           Options <- [verified(Role, Options0)],
                                           Otp <- [otp(Role, Options)],
                                           Ours <- [ours(Role, Options)],
                                           not agree(Options, Otp, Ours)],
    ?assertEqual([], one_of_each(Wrong)).

%% One case for each pair of answers' options is enough to see.
one_of_each(Wrong) ->
    Keyed = [{{Role, [element(1, O) || O <- Options, is_tuple(O)]}, Case}
             || {Role, Options, _, _} = Case <- Wrong],
    lists:sublist(maps:values(maps:from_list(Keyed)), 20).

verified(client, Options) ->
    case lists:any(fun(O) -> is_tuple(O) andalso element(1, O) =:= verify end, Options) of
        true -> Options;
        false -> [{verify, verify_none} | Options]
    end;
verified(server, Options) ->
    Options.

otp(Role, Options) ->
    try ssl:handle_options(Options, Role, "h") of
        {ok, _} -> ok
    catch
        throw:{error, _} = Error -> Error;
        error:_ -> crash
    end.

ours(client, Options) -> answer(cssl_options:client(Options, "h"));
ours(server, Options) -> answer(cssl_options:server(Options)).

answer({ok, _}) -> ok;
answer(Error) -> Error.

agree(_, Same, Same) -> true;
agree(_, crash, {error, _}) -> true;
agree(_, _, {error, {options, {insufficient_crypto_support, _}}}) -> true; % of old versions
agree(Options, ok, {error, _}) -> lists:any(fun leaves_out/1, Options);
agree(Options, {error, _}, _) -> lists:any(fun differs/1, Options);
agree(_, _, _) -> false.

%% What OTP takes, and is refused here: see the list of what is left out.
leaves_out({Name, Value}) ->
    lists:member(Name, [packet, packet_size, header, password, server_name_indication,
                        ciphers, client_preferred_next_protocols, next_protocols_advertised,
                        fallback, ktls, srp_identity, secure_renegotiate, key, reuse_session,
                        protocol, certs_keys])
        orelse lists:member({Name, Value},
                            [{anti_replay, {a, b, c}}, {stateless_tickets_seed, <<1>>},
                             {stateless_tickets_seed, <<>>}, {stateless_tickets_seed, <<"bin">>},
                             {cacerts, [foo]}, {stapling, #{ocsp_nonce => foo}},
                             {certfile, [<<>>]}, {keyfile, [<<>>]}, {cacertfile, [<<>>]},
                             {dhfile, [<<>>]},
                             {cert_policy_opts, [{policy_set, [foo]}]},
                             {signature_algs, [{md5, rsa}]}, {eccs, [sect571r1]}]);
leaves_out(_) ->
    false.

%% Terms that differ, for the sake of a better one or of a newer release's.
differs({Name, Value}) ->
    lists:member({Name, Value}, [{key, {'OneAsymmetricKey', <<1>>}},
                                 {signature_algs, [ecdsa_sha1]}]);
differs(_) ->
    false.

%% Options of newer releases are none of 27's.
names() ->
    (maps:keys(cssl_options:names()) -- [psk_groups, log_alert])
        ++ [mode, active, packet, packet_size, header].

%% The first one is wrong on either side.
values_of(Name) ->
    [first_of(Name) | special(Name)] ++
        [foo, true, false, undefined, [], <<>>, "text", <<"bin">>, 0, 1, -1, 512, 2000, 8388608,
         {a, b}, [foo], [<<>>], [<<"a">>], #{}, fun(_) -> undefined end, fun(_, _, _) -> ok end,
         {fun(_, _, _) -> ok end, []}].

first_of(versions) -> [];
first_of(ciphers) -> ["foo"];
first_of(cert_policy_opts) -> [{foo, 1}];
first_of(_) -> foo.

special(versions) ->
    [['tlsv1.4'], [dtlsv1], ['tlsv1.1', 'tlsv1.3'], ['tlsv1.3', 'tlsv1.2'], ['dtlsv1.3'],
     ['tlsv1.2', 'tlsv1.2'], [tlsv1, 'tlsv1.2']];
special(verify) -> [verify_none];
special(session_tickets) -> [manual, auto, stateful, stateless, disabled, stateful_with_cert];
special(signature_algs) -> [[rsa_pss_rsae_sha256], [{sha256, rsa}], [foo, rsa_pss_rsae_sha256],
                            [ecdsa_sha1], [{sha256, rsa}, eddsa_ed25519]];
special(signature_algs_cert) -> [[rsa_pss_rsae_sha256], [{sha256, rsa}]];
special(supported_groups) -> [[x25519], [x25519, foo], [ffdhe2048]];
special(eccs) -> [[secp256r1], [secp256r1, foo], [sect571r1]];
special(keep_secrets) -> [{keylog, fun(_) -> ok end}, {keylog_hs, foo}];
special(handshake) -> [full, hello];
special(log_level) -> [none, all, debug, emergency];
special(crl_check) -> [peer, best_effort];
special(crl_cache) -> [{ssl_crl_cache, {internal, []}}, {a, b, c}];
special(reuse_session) -> [{<<1>>, <<2>>}];
special(reuse_sessions) -> [save];
special(early_data) -> [enabled, disabled];
special(key) -> [{rsa, <<1>>}, {'PrivateKeyInfo', <<1>>}, {'OneAsymmetricKey', <<1>>},
                 #{algorithm => rsa}, #{algorithm => eddsa, sign_fun => fun(_, _, _) -> a end}];
special(certs_keys) -> [[#{}], [#{certfile => foo}], [#{certfile => "x"}],
                        [#{cert => <<1>>, key => foo}]];
special(cert) -> [[<<1>>]];
special(server_name_indication) -> [disable, "a.test"];
special(sni_hosts) -> [[{"a", []}], [{"a", foo}], [{a, []}], [{"a", [{sni_hosts, []}]}]];
special(cb_info) -> [{gen_tcp, tcp, tcp_closed, tcp_error}];
special(active) -> [once, 32767, 32768, -32768, -32769];
special(packet) -> [raw, 1, 2, 4, line, http, 3];
special(mode) -> [list, binary];
special(psk_identity) -> ["id"];
special(srp_identity) -> [{"a", "b"}, {<<"a">>, "b"}];
special(stapling) -> [staple, no_staple, #{ocsp_nonce => true}];
special(anti_replay) -> ['10k', '1k', {1, 2, 3, 4}];
special(beast_mitigation) -> [disabled, enabled];
special(_) -> [].
