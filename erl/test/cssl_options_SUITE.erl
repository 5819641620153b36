%%% The table of option errors, row by row, and what checked options become. Needs the library's
%%% lists alone, not a connection.
-module(cssl_options_SUITE).

-include_lib("common_test/include/ct.hrl").
-include_lib("stdlib/include/assert.hrl").

-export([all/0, init_per_testcase/2, end_per_testcase/2]).
-export([versions/1, protocol/1, wrong_side/1, application_protocols/1, tickets/1, verify/1,
         identities/1, names/1, algorithms/1, ciphers/1, sessions/1, numbers/1, left_out/1,
         socket_options/1, order/1, elements/1, environment/1, accepted/1, last_one_wins/1,
         defaults_client/1, defaults_server/1, config_peer/1, config_identities/1,
         config_sessions/1, config_algorithms/1, config_names/1, config_psk/1, funs/1, updates/1,
         setopts/1, information/1, properties/1]).

-define(V12, {versions, ['tlsv1.2']}).
-define(V13, {versions, ['tlsv1.3']}).
-define(BOTH, ['tlsv1.3', 'tlsv1.2']).

all() ->
    [versions, protocol, wrong_side, application_protocols, tickets, verify, identities, names,
     algorithms, ciphers, sessions, numbers, left_out, socket_options, order, elements,
     environment, accepted, last_one_wins, defaults_client, defaults_server, config_peer,
     config_identities, config_sessions, config_algorithms, config_names, config_psk, funs,
     updates, setopts, information, properties].

init_per_testcase(_, Config) ->
    Old = application:get_env(ssl, protocol_version),
    application:unset_env(ssl, protocol_version),
    [{protocol_version, Old} | Config].

end_per_testcase(_, Config) ->
    case ?config(protocol_version, Config) of
        {ok, Value} -> application:set_env(ssl, protocol_version, Value);
        undefined -> application:unset_env(ssl, protocol_version)
    end.

%%% Errors

versions(_) ->
    both([{[{versions, []}], o(versions, [])},
          {[{versions, foo}], o(versions, foo)},
          {[{versions, ['tlsv1.2' | foo]}], o(versions, ['tlsv1.2' | foo])},
          {[{versions, ['tlsv1.4']}], o('tlsv1.4', {versions, ['tlsv1.4']})},
          {[{versions, [dtlsv1]}], o(dtlsv1, {versions, [dtlsv1]})},
          {[{versions, ['dtlsv1.3']}], o('dtlsv1.3', {versions, ['dtlsv1.3']})},
          {[{versions, ['tlsv1.3', 'dtlsv1.2']}],
           o('dtlsv1.2', {versions, ['tlsv1.3', 'dtlsv1.2']})},
          {[{versions, ['tlsv1.1', 'tlsv1.3']}],
           {error, {options, missing_version,
                    {'tlsv1.2', {versions, ['tlsv1.1', 'tlsv1.3']}}}}},
          {[{versions, ['tlsv1.2', 'tlsv1.1']}],
           o(insufficient_crypto_support,
             {'tlsv1.1', {versions, ['tlsv1.2', 'tlsv1.1']}})},
          {[{versions, [tlsv1]}], o(insufficient_crypto_support, {tlsv1, {versions, [tlsv1]}})},
          {[{versions, ['tlsv1.2', 'tlsv1.3']}], ok},
          {[{versions, ['tlsv1.2', 'tlsv1.2']}], ok}]).

protocol(_) ->
    both([{[{protocol, foo}], o(protocol, foo)},
          {[{protocol, tls}], ok},
          {[{protocol, dtls}, {erl_dist, true}], i([{protocol, dtls}, {erl_dist, true}])},
          {[{protocol, dtls}, {ktls, true}], i([{protocol, dtls}, {ktls, true}])},
          {[{erl_dist, foo}], o(erl_dist, foo)},
          {[{erl_dist, true}], ok}]).

wrong_side(_) ->
    Server = [{alpn_preferred_protocols, [<<"a">>]}, {next_protocols_advertised, [<<"a">>]},
              {anti_replay, '10k'}, {cookie, true}, {client_renegotiation, true}, {dh, <<>>},
              {dhfile, "x"}, {fail_if_no_peer_cert, true}, {honor_cipher_order, true},
              {honor_ecc_order, true}, {sni_hosts, []}, {sni_fun, fun(_) -> undefined end},
              {stateless_tickets_seed, <<>>}],
    Client = [{alpn_advertised_protocols, [<<"a">>]},
              {client_preferred_next_protocols, {client, [<<"a">>]}},
              {customize_hostname_check, []}, {fallback, false}, {max_fragment_length, 512},
              {server_name_indication, "x"}, {stapling, staple}, {use_ticket, [a]},
              {psk_groups, [x25519]}],
    [expect(client, [Option], {error, {option, server_only, Name}})
     || {Name, _} = Option <- Server],
    [expect(server, [Option], {error, {option, client_only, Name}})
     || {Name, _} = Option <- Client],
    %% what is not given at all may be written down
    [expect(client, [{Name, undefined}], ok) || {Name, _} <- Server, Name =/= fail_if_no_peer_cert],
    [expect(server, [{Name, undefined}], ok) || {Name, _} <- Client, Name =/= psk_groups],
    expect(client, [{honor_cipher_order, true}, {honor_ecc_order, true}],
           {error, {option, server_only, honor_ecc_order}}).

application_protocols(_) ->
    [expect(Role, [{Name, Value}], Result)
     || {Role, Name} <- [{server, alpn_preferred_protocols}, {client, alpn_advertised_protocols}],
        {Value, Result} <- [{[<<"h2">>, <<"http/1.1">>], ok},
                            {[], ok},
                            {[<<>>], o(Name, {invalid_protocol, <<>>})},
                            {[a], o(Name, {invalid_protocol, a})},
                            {["h2"], o(Name, {invalid_protocol, "h2"})},
                            {[<<0:2048>>], o(Name, {invalid_protocol, <<0:2048>>})},
                            {[<<0:2040>>], ok},
                            {foo, o(Name, foo)},
                            {undefined, o(Name, undefined)}]].

tickets(_) ->
    server([{[{anti_replay, '10k'}], i([{anti_replay, '10k'}, {session_tickets, disabled}])},
            {[{anti_replay, '1k'}, {session_tickets, stateless}], o(anti_replay, '1k')},
            {[{anti_replay, {1, 2, 3, 4}}, {session_tickets, stateless}],
             o(anti_replay, {1, 2, 3, 4})},
            {[{anti_replay, '10k'}, {session_tickets, stateful}],
             i([{anti_replay, '10k'}, {session_tickets, stateful}])},
            {[{anti_replay, '100k'}, {session_tickets, stateless_with_cert}], ok},
            {[{anti_replay, {10, 5, 2048}}, {session_tickets, stateless}], ok},
            {[{session_tickets, stateful}, ?V12], i([session_tickets, {versions, ['tlsv1.2']}])},
            {[{session_tickets, manual}], o(session_tickets, manual)},
            {[{session_tickets, auto}], o(session_tickets, auto)},
            {[{session_tickets, foo}], o(session_tickets, foo)},
            {[{early_data, <<"x">>}], o(early_data, <<"x">>)},
            {[{early_data, enabled}], i([early_data, {session_tickets, disabled}])},
            {[{early_data, enabled}, {session_tickets, stateless}], ok},
            {[{stateless_tickets_seed, <<0:256>>}, {session_tickets, stateful}],
             i([stateless_tickets_seed, {session_tickets, stateful}])},
            {[{stateless_tickets_seed, <<0:256>>}, {session_tickets, stateful_with_cert}],
             i([stateless_tickets_seed, {session_tickets, stateful_with_cert}])},
            {[{stateless_tickets_seed, <<0:256>>}],
             i([stateless_tickets_seed, {session_tickets, disabled}])},
            {[{stateless_tickets_seed, foo}], o(stateless_tickets_seed, foo)},
            {[{stateless_tickets_seed, <<1>>}, {session_tickets, stateless}],
             o(stateless_tickets_seed, <<1>>)},
            {[{stateless_tickets_seed, <<0:256>>}, {session_tickets, stateless},
              {early_data, enabled}], i([early_data, stateless_tickets_seed])}]),
    client([{[{session_tickets, stateful}], o(session_tickets, stateful)},
            {[{session_tickets, stateless}], o(session_tickets, stateless)},
            {[{session_tickets, auto}, ?V12], i([session_tickets, {versions, ['tlsv1.2']}])},
            {[{use_ticket, [a]}], i([{use_ticket, [a]}, {session_tickets, disabled}])},
            {[{use_ticket, [a]}, {session_tickets, auto}],
             i([{use_ticket, [a]}, {session_tickets, auto}])},
            {[{use_ticket, []}, {session_tickets, manual}], o(use_ticket, [])},
            {[{use_ticket, foo}], o(use_ticket, foo)},
            {[{early_data, <<"x">>}], i([early_data, {session_tickets, disabled}])},
            {[{early_data, <<"x">>}, {session_tickets, manual}],
             i([early_data, {session_tickets, manual}, {use_ticket, undefined}])},
            {[{early_data, <<"x">>}, {session_tickets, auto}], ok},
            {[{early_data, enabled}], o(early_data, enabled)},
            {[{early_data, undefined}], o(early_data, undefined)}]).

verify(_) ->
    Fun = fun(_, _, _) -> ok end,
    [expect(Role, [{verify, verify_peer} | More], Result)
     || Role <- [client, server],
        {More, Result} <- [{[], i([{verify, verify_peer}, {cacerts, undefined}])},
                           {[{cacerts, []}], ok},
                           {[{cacertfile, "x"}], ok},
                           {[{cacertfile, <<"x">>}], ok},
                           {[{cacertfile, ""}], o(cacertfile, "")},
                           {[{cacertfile, foo}], o(cacertfile, foo)},
                           {[{cacerts, <<1>>}], o(cacerts, <<1>>)},
                           {[{cacerts, [foo]}], o(cacerts, [foo])}]],
    both([{[{depth, 255}], ok},
          {[{depth, 256}], o(depth, 256)},
          {[{depth, foo}], o(depth, foo)},
          {[{verify, foo}], o(verify, foo)},
          {[{verify, 2}], o(verify, 2)},
          {[{verify_fun, {Fun, []}}], ok},
          {[{verify_fun, {fun(_, _, _, _) -> ok end, []}}], ok},
          {[{verify_fun, fun(_) -> true end}], ok},
          {[{verify_fun, undefined}], ok},
          {[{verify_fun, Fun}], o(verify_fun, Fun)},
          {[{verify_fun, {foo, []}}], o(verify_fun, {foo, []})},
          {[{partial_chain, fun(_) -> unknown_ca end}], ok},
          {[{partial_chain, foo}], o(partial_chain, foo)},
          {[{cert_policy_opts, [{foo, true}]}], o(cert_policy_opts, {foo, true})},
          {[{cert_policy_opts, [{explicit_policy, foo}]}],
           o(cert_policy_opts, {explicit_policy, foo})},
          {[{cert_policy_opts, [{policy_set, [{1, 2, 3}]}]}], ok},
          {[{allow_any_ca_purpose, foo}], o(allow_any_ca_purpose, foo)},
          {[{crl_check, foo}], o(crl_check, foo)},
          {[{crl_check, best_effort}], ok},
          {[{crl_cache, {a, b, c}}], o(crl_cache, {a, b, c})},
          {[{certificate_authorities, []}], o(certificate_authorities, [])}]),
    client([{[{certificate_authorities, true}, ?V12],
             i([certificate_authorities, {versions, ['tlsv1.2']}])},
            {[{certificate_authorities, true}], ok},
            {[{stapling, foo}], o(stapling, foo)},
            {[{stapling, #{ocsp_nonce => false}}], ok},
            {[{customize_hostname_check, {a, b}}], o(customize_hostname_check, {a, b})}]),
    server([{[{verify, verify_none}, {fail_if_no_peer_cert, true}],
             i([{verify, verify_none}, {fail_if_no_peer_cert, true}])},
            {[{certificate_authorities, false}, ?V12], ok},
            {[{fail_if_no_peer_cert, foo}], o(fail_if_no_peer_cert, foo)}]).

identities(_) ->
    Sign = fun(_, _, _) -> <<>> end,
    Key = fun(Algorithm, Use) -> #{algorithm => Algorithm, Use => Sign} end,
    both([{[{Name, Value}], o(Name, Value)}
          || {Name, Values} <- [{cert, [foo, [], [foo], "abc"]},
                                {certfile, [foo, "", <<>>, 1, "a\0b"]},
                                {keyfile, [foo, "", 1]},
                                {password, [foo, 1, {}]},
                                {key, [foo, <<1>>, {'Foo', <<1>>}, #{}, #{algorithm => rsa}]},
                                {certs_keys, [foo, #{}, [foo]]}],
             Value <- Values]),
    both([{[{certs_keys, [#{certfile => foo}]}], o(certfile, foo)},
          {[{certs_keys, [#{cert => <<1>>, key => foo}]}], o(key, foo)},
          {[{certs_keys, [#{certfile => "x"}]}], ok},
          {[{key, {rsa, <<1>>}}, {cert, <<1>>}], ok},
          {[{key, {'PrivateKeyInfo', <<1>>}}, {cert, [<<1>>, <<2>>]}], ok},
          {[{key, Key(eddsa, sign_fun)}, ?V12], i([key, {versions, ['tlsv1.2']}])},
          {[{key, Key(eddsa, sign_fun)}], ok},
          {[{key, Key(ecdsa, sign_fun)}, ?V12], ok},
          {[{key, Key(rsa, encrypt_fun)}], i([key, {versions, ?BOTH}])},
          {[{password, fun() -> "x" end}], ok},
          {[{password, [<<"x">>, "y"]}], ok}]).

names(_) ->
    client([{[{server_name_indication, disable}], ok},
            {[{server_name_indication, "x.test"}], ok}
            | [{[{server_name_indication, Bad}], o(server_name_indication, Bad)}
               || Bad <- [foo, undefined, <<"x">>, "", 1]]]),
    server([{[{sni_hosts, [{"a", []}]}, {sni_fun, fun(_) -> [] end}], i([sni_fun, sni_hosts])},
            {[{sni_hosts, []}, {sni_fun, fun(_) -> [] end}], ok},
            {[{sni_hosts, foo}], o(sni_hosts, foo)},
            {[{sni_hosts, [{"a", []}, {b, []}]}], o(sni_hosts, {b, []})},
            {[{sni_hosts, [{"a", foo}]}], o(sni_hosts, {"a", foo})},
            {[{sni_hosts, [{"a", [{sni_hosts, []}]}]}], o(sni_hosts, [])},
            {[{sni_fun, foo}], o(sni_fun, foo)},
            {[{sni_fun, undefined}], o(sni_fun, undefined)}]).

algorithms(_) ->
    both([{[{supported_groups, foo}], o(supported_groups, foo)},
          {[{supported_groups, []}], o(supported_groups, none_valid)},
          {[{supported_groups, [foo]}], o(supported_groups, none_valid)},
          {[{supported_groups, [x25519, foo]}], ok},
          {[{supported_groups, [x25519]}, ?V12],
           i([supported_groups, {versions, ['tlsv1.2']}])},
          {[{eccs, foo}], o(eccs, foo)},
          {[{eccs, []}], o(eccs, none_valid)},
          {[{eccs, [foo]}], o(eccs, [foo])},
          {[{eccs, [secp256r1, sect571r1]}], ok},
          {[{eccs, [sect571r1]}], o(eccs, none_valid)},
          {[{eccs, foo}, ?V13], ok},
          {[{signature_algs, []}], o(no_supported_algorithms, {signature_algs, []})},
          {[{signature_algs, [foo]}], o(signature_algs, [foo])},
          {[{signature_algs, [{sha, dsa}]}],
           o(no_supported_algorithms, {signature_algs, [{sha, dsa}]})},
          {[{signature_algs, foo}], o(signature_algs, foo)},
          {[{signature_algs, [rsa_pss_rsae_sha256]}, ?V12], ok},
          {[{signature_algs, [{sha256, rsa}, {sha512, ecdsa}]}], ok},
          {[{signature_algs_cert, []}],
           o(no_supported_signature_schemes, {signature_algs_cert, []})},
          {[{signature_algs_cert, [foo]}], o(signature_algs_cert, [foo])},
          {[{signature_algs_cert, foo}], o(signature_algs_cert, foo)}]).

ciphers(_) ->
    Gcm = "ECDHE-RSA-AES128-GCM-SHA256",
    Map = #{key_exchange => ecdhe_rsa, cipher => aes_128_gcm, mac => aead, prf => sha256},
    Good = [[], [Gcm], Gcm, Gcm ++ ":AES128-SHA", ["TLS_AES_128_GCM_SHA256", Gcm], [Map],
            [list_to_binary(Gcm)], [<<16#c02f:16>>], [{ecdhe_rsa, aes_128_gcm, null, sha256}],
            [{ecdhe_rsa, aes_128_gcm, aead, sha256}], [{ecdhe_rsa, aes_128_cbc, sha}],
            [{any, aes_128_gcm, aead, sha256}], [Gcm, "TLS_RSA_WITH_RC4_128_SHA"],
            [Map, #{key_exchange => ecdh_rsa, cipher => rc4_128, mac => sha,
                    prf => default_prf}]],
    Bad = [foo, {a}, undefined, [foo], ["foo"], "foo", [Gcm ++ ":AES128-SHA"], [Gcm, "foo"],
           "foo:" ++ Gcm, list_to_binary(Gcm), [#{}], [{foo, bar}], [Map#{key_exchange => foo}],
           ["TLS_RSA_WITH_RC4_128_SHA"], ["TLS_DH_anon_WITH_AES_128_GCM_SHA256"], [1 | 2]],
    both([{[{ciphers, Ciphers}], ok} || Ciphers <- Good]
         ++ [{[{ciphers, Ciphers}], o(ciphers, Ciphers)} || Ciphers <- Bad]),
    both([{[{ciphers, ["TLS_AES_128_GCM_SHA256"]}, ?V12],
           o(ciphers, ["TLS_AES_128_GCM_SHA256"])}]).

sessions(_) ->
    both([{[{Name, Value}, ?V13], i([Name, {versions, ['tlsv1.3']}])}
          || {Name, Value} <- [{reuse_sessions, true}, {secure_renegotiate, true},
                               {psk_identity, "x"},
                               {user_lookup_fun, {fun(_, _, _) -> error end, []}},
                               {srp_identity, {"a", "b"}}]]
         ++ [{[{psk_identity, <<"x">>}], o(psk_identity, <<"x">>)},
             {[{psk_identity, ""}], o(psk_identity, {psk_identity, ""})},
             {[{user_lookup_fun, foo}], o(user_lookup_fun, foo)},
             {[{user_lookup_fun, {foo, []}}], o(user_lookup_fun, {foo, []})},
             {[{reuse_sessions, foo}], o(reuse_sessions, foo)},
             {[{secure_renegotiate, foo}], o(secure_renegotiate, foo)}]),
    client([{[{reuse_session, <<>>}, ?V13], i([reuse_session, {versions, ['tlsv1.3']}])},
            {[{fallback, false}, ?V13], i([fallback, {versions, ['tlsv1.3']}])},
            {[{fallback, []}], o(fallback, [])},
            {[{reuse_session, <<>>}], ok},
            {[{reuse_session, {<<1>>, <<2>>}}], ok},
            {[{reuse_session, foo}], o(reuse_session, foo)},
            {[{reuse_sessions, save}], ok}]),
    server([{[{client_renegotiation, true}, ?V13],
             i([client_renegotiation, {versions, ['tlsv1.3']}])},
            {[{client_renegotiation, []}], o(client_renegotiation, [])},
            {[{reuse_sessions, save}], o(reuse_sessions, save)},
            {[{reuse_session, <<>>}], o(reuse_session, <<>>)},
            {[{cookie, []}], o(cookie, [])},
            {[{cookie, true}, ?V12], i([cookie, {versions, ['tlsv1.2']}])}]).

numbers(_) ->
    both([{[{Name, Value}], o(Name, Value)}
          || {Name, Values} <- [{key_update_at, [-1, 0, foo]}, {renegotiate_at, [-1, 0, foo]},
                                {hibernate_after, [-1, foo, undefined]},
                                {max_handshake_size, [8388608, -1, 0, foo]},
                                {receiver_spawn_opts, [foo]}, {sender_spawn_opts, [foo]},
                                {handshake, [[], foo, undefined]}, {log_level, [foo, undefined]},
                                {keep_secrets, [foo, {keylog, foo}]},
                                {middlebox_comp_mode, [foo, undefined]}],
             Value <- Values]),
    both([{[{key_update_at, 1}, ?V12], i([key_update_at, {versions, ['tlsv1.2']}])},
          {[{middlebox_comp_mode, true}, ?V12],
           i([middlebox_comp_mode, {versions, ['tlsv1.2']}])},
          {[{max_handshake_size, 8388607}], ok}, {[{hibernate_after, infinity}], ok},
          {[{log_alert, false}], ok}, {[{log_level, emergency}], ok},
          {[{keep_secrets, {keylog_hs, fun(_) -> ok end}}], ok}]),
    client([{[{max_fragment_length, 2000}], o(max_fragment_length, 2000)},
            {[{max_fragment_length, 4096}], ok}]).

%% What OTP can do and this library does not: refused, never passed over.
left_out(_) ->
    both([{[{protocol, dtls}], o(protocol, dtls)},
          {[{ktls, true}, {erl_dist, true}], o(ktls, true)},
          {[{srp_identity, {"a", "b"}}], o(srp_identity, {"a", "b"})},
          {[{padding_check, false}], i([padding_check, {versions, ?BOTH}])},
          {[{padding_check, foo}], o(padding_check, foo)},
          {[{beast_mitigation, disabled}], i([beast_mitigation, {versions, ?BOTH}])},
          {[{beast_mitigation, enabled}], o(beast_mitigation, enabled)},
          {[{use_srtp, #{protection_profiles => [<<0, 1>>]}}], i([use_srtp, {protocol, tls}])},
          {[{use_srtp, []}], o(use_srtp, [])},
          {[{key, {dsa, <<1>>}}], o(key, {dsa, <<1>>})},
          {[{key, #{algorithm => rsa, engine => e, key_id => "k"}}],
           o(key, #{algorithm => rsa, engine => e, key_id => "k"})},
          {[{secure_renegotiate, false}],
           o(secure_renegotiate,
             {false, fallback_to_insecure_renegotiation_no_longer_supported})}]),
    Internal = {ssl_crl_cache, {internal, []}},
    both([{[{verify, verify_peer}, {cacertfile, "x"}, {crl_check, Check} | Cache],
           o(crl_cache, Internal)}
          || Check <- [true, peer, best_effort], Cache <- [[], [{crl_cache, Internal}]]]),
    client([{[{fallback, true}], o(fallback, true)},
            {[{client_preferred_next_protocols, {client, [<<"a">>]}}],
             o(client_preferred_next_protocols, {client, [<<"a">>]})},
            {[{client_preferred_next_protocols, {foo, [<<"a">>]}}],
             o(client_preferred_next_protocols, {invalid_precedence, foo})},
            {[{client_preferred_next_protocols, {client, [<<"a">>]}}, ?V13],
             i([client_preferred_next_protocols, {versions, ['tlsv1.3']}])}]),
    Veto = fun(_, _, _, _) -> true end,
    server([{[{next_protocols_advertised, [<<"a">>]}],
             o(next_protocols_advertised, [<<"a">>])},
            {[{next_protocols_advertised, [<<"a">>]}, ?V13],
             i([next_protocols_advertised, {versions, ['tlsv1.3']}])},
            {[{reuse_session, Veto}], o(reuse_session, Veto)}]).

socket_options(_) ->
    both([{[{Name, Value}], o(Name, Value)}
          || {Name, Values} <- [{mode, [foo]}, {active, [foo, 32768, -32769]}, {packet, [foo, 3]},
                                {packet_size, [foo, -1]}, {header, [foo]},
                                {cb_info, [foo, {a, b}]}],
             Value <- Values]),
    {ok, Options} = cssl_options:server([{certfile, "x"}, binary, {active, 5}, {packet, line},
                                         inet6, {ip, any}, {foo, 1}, {raw, 6, 1, <<1:32>>},
                                         {ssl_imp, new}]),
    #{emulated := #{mode := binary, active := 5, packet := line, packet_size := 0, header := 0},
      transport := [inet6, {ip, any}, {foo, 1}, {raw, 6, 1, <<1:32>>}, {packet_size, 0},
                    {packet, 0}, {header, 0}, {active, false}, {mode, binary}],
      cb_info := {gen_tcp, tcp, tcp_closed, tcp_error, tcp_passive}} = Options,
    {ok, #{cb_info := {my, data, closed, error, data_passive}}} =
        cssl_options:server([{certfile, "x"}, {cb_info, {my, data, closed, error}}]).

%% One fault of each option at once: they are told in this order, from which each is taken out.
order(_) ->
    Common = [{protocol, foo}, {log_level, foo}, {keep_secrets, foo}, {erl_dist, foo},
              {ktls, foo}, {versions, foo}, {middlebox_comp_mode, foo}, {verify, foo},
              {cacerts, foo}, {cacertfile, foo}, {certificate_authorities, foo},
              {partial_chain, foo}, {fail_if_no_peer_cert, foo}, {depth, foo}, {verify_fun, foo},
              {cert_policy_opts, foo}, {allow_any_ca_purpose, foo}, {certs_keys, foo}],
    Tail = [{key_update_at, foo}, {renegotiate_at, foo}, {secure_renegotiate, foo},
            {reuse_sessions, foo}, {reuse_session, foo}, {psk_identity, foo},
            {srp_identity, foo}, {user_lookup_fun, foo}, {supported_groups, foo},
            {ciphers, foo}, {eccs, foo}, {crl_check, foo}, {crl_cache, foo}, {handshake, foo},
            {max_handshake_size, foo}, {use_srtp, foo}, {receiver_spawn_opts, foo},
            {sender_spawn_opts, foo}, {hibernate_after, foo}, {mode, foo}, {cb_info, foo}],
    Algs = [{signature_algs_cert, foo}, {signature_algs, foo}],
    Old = [{beast_mitigation, foo}, {padding_check, foo}],
    ServerOnly = [{honor_ecc_order, foo}, {honor_cipher_order, foo}, {cookie, foo},
                  {client_renegotiation, foo}, {dh, foo}, {dhfile, foo}],
    ClientOnly = [{fallback, foo}, {customize_hostname_check, foo}, {max_fragment_length, foo}],
    Client = Common ++ [{session_tickets, foo}, {use_ticket, foo}, {early_data, foo},
                        {anti_replay, foo}, {stateless_tickets_seed, foo}, {stapling, foo},
                        {server_name_indication, foo}, {sni_fun, foo}, {sni_hosts, foo}]
        ++ Algs ++ [{alpn_advertised_protocols, foo}, {client_preferred_next_protocols, foo},
                    {alpn_preferred_protocols, foo}, {next_protocols_advertised, foo}]
        ++ Old ++ ServerOnly ++ ClientOnly ++ Tail,
    Server = Common ++ [{session_tickets, foo}, {early_data, foo}, {stateless_tickets_seed, foo},
                        {use_ticket, foo}, {stapling, foo}, {sni_hosts, foo}, {sni_fun, foo},
                        {server_name_indication, foo}]
        ++ Algs ++ [{alpn_preferred_protocols, foo}, {next_protocols_advertised, foo},
                    {alpn_advertised_protocols, foo}, {client_preferred_next_protocols, foo}]
        ++ Old ++ ServerOnly ++ ClientOnly ++ Tail,
    in_order(client, Client),
    in_order(server, Server),
    %% options of the socket come as they stand in the list
    [?assertEqual(o(Name, foo), check(server, Options))
     || [{Name, _} | _] = Options <- [[{mode, foo}, {active, foo}], [{active, foo}, {mode, foo}],
                                      [{packet, foo}, {header, foo}, {packet_size, foo}]]].

in_order(_, []) ->
    ok;
in_order(Role, [{Name, _} | Rest] = Faults) ->
    %% given in reverse: the order of the list does not matter
    Given = without_verify(Role, lists:reverse(Faults)),
    {error, Error} = check(Role, Given),
    ?assertEqual({Role, Name}, {Role, culprit(Error)}),
    in_order(Role, Rest).

%% Once verify has been told of, clients need some that is right.
without_verify(client, Faults) ->
    case lists:keymember(verify, 1, Faults) of
        true -> Faults;
        false -> [{verify, verify_none} | Faults]
    end;
without_verify(server, Faults) ->
    Faults.

culprit({options, {Name, _}}) -> Name;
culprit({option, _, Name}) -> Name;
culprit({options, incompatible, [{Name, _} | _]}) -> Name;
culprit({options, incompatible, [Name | _]}) -> Name.

elements(_) ->
    both([{[Element], o(option_not_a_key_value_tuple, Element)}
          || Element <- [foo, {a, b, c}, {1, 2}, {"a", b}, {raw, 1, 2}, 1, "abc", local, {}]]),
    both([{[inet], ok}, {[inet6], ok}, {[binary], ok}, {[list], ok}, {[{raw, 1, 2, <<>>}], ok}]),
    [?assertError(function_clause, check(Role, Options))
     || Role <- [client, server], Options <- [foo, {a, b}, <<>>, 1, #{}, [a | b], [{a, b} | c]]].

environment(_) ->
    Default = fun() ->
                      {ok, #{user := #{versions := Versions}}} = check(server, []),
                      Versions
              end,
    ?BOTH = Default(),
    application:set_env(ssl, protocol_version, ['tlsv1.2']),
    ['tlsv1.2'] = Default(),
    application:set_env(ssl, protocol_version, 'tlsv1.3'),
    ['tlsv1.3'] = Default(),
    application:set_env(ssl, protocol_version, ['tlsv1.1', 'tlsv1.2']),
    ['tlsv1.2'] = Default(),
    application:set_env(ssl, protocol_version, ['tlsv1.1']),
    ?assertEqual(o(insufficient_crypto_support, {'tlsv1.1', {versions, ['tlsv1.1']}}),
                 check(server, [])),
    {ok, #{user := #{versions := ?BOTH}}} = check(server, [{versions, ['tlsv1.2', 'tlsv1.3']}]).

%% Odd, and accepted by OTP too.
accepted(_) ->
    server([{[{certificate_authorities, false}, ?V12], ok}, {[{dhfile, "x"}, ?V13], ok},
            {[{psk_identity, "hint"}], ok}, {[{certs_keys, []}], ok}]),
    client([{[{cacerts, [{cert, <<1>>, decoded}]}, {verify, verify_peer}], ok},
            {[{reuse_session, <<>>}], ok}, {[{certs_keys, [#{}]}], ok}]).

last_one_wins(_) ->
    {ok, #{user := #{depth := 3, log_level := none}, emulated := #{mode := list}}} =
        check(server, [{depth, foo}, {depth, 3}, {mode, binary}, list, {log_alert, false}]),
    {ok, #{emulated := #{mode := binary}}} = check(server, [{mode, list}, binary]).

%%% What checked options become

defaults_client(_) ->
    {ok, #{config := Config, funs := Funs, emulated := Emulated}} =
        cssl_options:client([{cacertfile, "/ca.pem"}], "h.test"),
    ?assertEqual(#{versions => ?BOTH, verify => peer, cacertfile => <<"/ca.pem">>, depth => 10,
                   max_handshake_size => 131072, session_tickets => auto,
                   tls12_tickets_only => true, reuse_sessions => true, stapling => false},
                 without_lists(Config)),
    ?assertEqual(#{}, Funs),
    ?assertEqual(#{mode => list, packet => 0, packet_size => 0, header => 0, active => true},
                 Emulated).

defaults_server(_) ->
    {ok, #{config := Config, funs := Funs}} = cssl_options:server([{certfile, "cert.pem"}]),
    ?assertEqual(#{versions => ?BOTH, verify => none, max_handshake_size => 131072,
                   certs_keys => [#{certfile => <<"cert.pem">>, keyfile => <<"cert.pem">>}],
                   session_tickets => stateful, tls12_tickets_only => true,
                   reuse_sessions => true, honor_cipher_order => false,
                   client_renegotiation => true}, without_lists(Config)),
    ?assertEqual(#{}, Funs),
    #{ciphers := [<<"TLS_AES_256_GCM_SHA384">> | _], supported_groups := [_ | _],
      signature_algs := [_ | _]} = Config.

config_peer(_) ->
    #{verify := peer, cacerts := <<1, 2, 3>>, depth := -1, certificate_policies := [<<"1.2.3">>],
      explicit_policy := true, allow_any_ca_purpose := true} =
        client_config([{verify, verify_peer}, {cacerts, [<<1>>, {cert, <<2, 3>>, x}]}, {depth, 0},
                       {cert_policy_opts, [{policy_set, [{1, 2, 3}]}, {explicit_policy, true}]},
                       {allow_any_ca_purpose, true}]),
    %% an empty list trusts nobody: not whom the system trusts
    #{verify := peer, no_cacerts := true} = Nobody =
        client_config([{verify, verify_peer}, {cacerts, []}]),
    false = is_map_key(cacerts, Nobody),
    %% with verify_none nothing is verified, but for a fun's sake
    #{verify := none} = None = client_config([{verify, verify_none}, {cacertfile, "x"}]),
    false = is_map_key(cacertfile, None),
    #{verify := peer, no_cacerts := true, ask_about := [verify]} =
        client_config([{verify, verify_none}, {verify_fun, {fun(_, _, S) -> {valid, S} end, []}}]),
    #{crl_check := chain, crl_dir := <<"/crls">>} =
        client_config([{verify, verify_peer}, {cacertfile, "x"}, {crl_check, true},
                       {crl_cache, {ssl_crl_hash_dir, {internal, [{dir, "/crls"}]}}}]),
    #{depth := 16} = client_config([{verify, verify_peer}, {cacertfile, "x"}, {depth, 200}]),
    Peer = [{verify, verify_peer}, {cacertfile, "x"}],
    #{stapling := true} = client_config([{stapling, staple} | Peer]),
    #{stapling := true, stapling_nonce := true} =
        client_config([{stapling, #{ocsp_nonce => true}} | Peer]),
    false = is_map_key(stapling, client_config([{stapling, staple}])).

config_identities(_) ->
    Sign = fun(_, _, _) -> <<>> end,
    #{certs_keys := [#{certfile := <<"c">>, keyfile := <<"k">>, password := <<"pw">>},
                     #{cert := <<1, 2>>, key := <<3>>},
                     #{cert := <<4>>, external_key := true}]} =
        server_config([{certs_keys,
                        [#{certfile => "c", keyfile => "k", password => fun() -> ["p", $w] end},
                         #{cert => [<<1>>, <<2>>], key => {'ECPrivateKey', <<3>>}},
                         #{cert => <<4>>, key => #{algorithm => rsa, sign_fun => Sign}}]}]),
    %% what is in memory goes before files, the list before single options
    #{certs_keys := [Memory]} =
        server_config([{cert, <<1>>}, {certfile, "x"}, {key, {rsa, <<2>>}}, {keyfile, "y"}]),
    ?assertEqual(#{cert => <<1>>, key => <<2>>}, Memory),
    #{certs_keys := [#{certfile := <<"y">>}]} =
        server_config([{certfile, "x"}, {certs_keys, [#{certfile => "y"}]}]),
    ?assertMatch({error, {options, {password, _}}},
                 check(server, [{certfile, "x"}, {password, fun() -> exit(no) end}])),
    {ok, #{funs := #{sign_funs := [{<<4>>, Sign, [{my, option}]}]}}} =
        cssl_options:server([{cert, [<<4>>, <<5>>]},
                             {key, #{algorithm => rsa, sign_fun => Sign,
                                     sign_opts => [{my, option}]}}]),
    #{certs_keys := [#{certfile := <<"b", 16#c3, 16#a9>>}]} =
        server_config([{certfile, [$b, 16#e9]}]).

config_sessions(_) ->
    Rows = [{client, [{session_tickets, auto}], #{session_tickets => auto}},
            {client, [{reuse_sessions, false}], #{session_tickets => disabled}},
            {client, [{reuse_sessions, save}],
             #{session_tickets => manual, tls12_tickets_only => true}},
            {client, [{reuse_session, {<<"id">>, <<"data">>}}],
             #{session_tickets => manual, use_ticket => <<"data">>, tls12_tickets_only => true}},
            {client, [{session_tickets, manual},
                      {use_ticket, [#{sni => "a", ticket => <<"1">>},
                                    #{sni => "H", ticket => <<"2">>}]}],
             #{session_tickets => manual, use_ticket => <<"2">>}},
            {client, [{session_tickets, auto}, {early_data, <<"early">>}],
             #{early_data => <<"early">>}},
            {server, [{session_tickets, stateless_with_cert}], #{session_tickets => stateless}},
            {server, [{reuse_sessions, false}],
             #{session_tickets => disabled, reuse_sessions => false}},
            {server, [?V13], #{session_tickets => disabled}},
            {server, [{session_tickets, stateless}, {early_data, enabled}, {anti_replay, '10k'}],
             #{max_early_data => 16384, anti_replay_window => 10, anti_replay_hashes => 5,
               anti_replay_bits => 72985}},
            {server, [{session_tickets, stateless}, {anti_replay, '10k'}],
             #{session_tickets => stateless}},
            {server, [{session_tickets, stateless}, {stateless_tickets_seed, <<7:256>>}],
             #{ticket_seed => <<7:256>>}}],
    [begin
         Config = config(Role, Options),
         ?assertEqual({Options, Expected}, {Options, maps:with(maps:keys(Expected), Config)})
     end || {Role, Options, Expected} <- Rows],
    false = is_map_key(tls12_tickets_only, config(server, [{session_tickets, stateful}])),
    false = is_map_key(anti_replay_bits, config(server, [{session_tickets, stateless},
                                                         {anti_replay, '10k'}])).

config_algorithms(_) ->
    #{supported_groups := [<<"secp384r1">>, <<"x25519">>, <<"x448">> | _]} =
        server_config([{supported_groups, [secp384r1, brainpoolP512r1tls13]}]),
    #{supported_groups := [<<"secp256r1">>]} = server_config([{eccs, [secp256r1]}, ?V12]),
    #{supported_groups := [<<"x448">>]} = server_config([{supported_groups, [x448]}, ?V13]),
    #{key_share_groups := [<<"x25519">>, <<"secp256r1">>]} =
        client_config([{supported_groups, [x25519, secp256r1]},
                       {psk_groups, [secp256r1, x448, x25519]}]),
    #{signature_algs := [<<"rsa_pkcs1_sha256">>, <<"ecdsa_secp384r1_sha384">>, <<"ed25519">>],
      signature_algs_cert := [<<"rsa_pss_rsae_sha512">>]} =
        server_config([{signature_algs, [{sha256, rsa}, {sha384, ecdsa}, eddsa_ed25519,
                                         {sha, dsa}, {sha256, rsa}]},
                       {signature_algs_cert, [rsa_pss_rsae_sha512]}]),
    #{ciphers := [<<"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256">>]} =
        server_config([{ciphers, ["ECDHE-RSA-AES128-GCM-SHA256", <<16#c02f:16>>,
                                  "TLS_RSA_WITH_RC4_128_SHA"]}]),
    #{alpn_protocols := [<<"h2">>]} = server_config([{alpn_preferred_protocols, [<<"h2">>]}]),
    #{alpn_protocols := [<<"h2">>]} = client_config([{alpn_advertised_protocols, [<<"h2">>]}]).

config_names(_) ->
    Name = fun(Options, Host) ->
                   {ok, #{config := Config}} =
                       cssl_options:client([{verify, verify_none} | Options], Host),
                   maps:get(server_name_indication, Config, host)
           end,
    host = Name([], "h.test"),
    host = Name([], 'h.test'),
    host = Name([], {127, 0, 0, 1}),
    <<>> = Name([], undefined),
    <<>> = Name([], {local, "/socket"}),
    <<>> = Name([{server_name_indication, disable}], "h.test"),
    <<"other.test">> = Name([{server_name_indication, "other.test."}], "h.test"),
    Shown = fun(Host) ->
                    {ok, #{user := #{server_name_indication := Sni}}} =
                        cssl_options:client([{verify, verify_none}], Host),
                    Sni
            end,
    "h.test" = Shown("h.test."),
    "h.test" = Shown('h.test'),
    undefined = Shown("127.0.0.1"),
    undefined = Shown({127, 0, 0, 1}).

config_psk(_) ->
    Secret = <<0:128>>,
    Self = self(),
    Fun = fun(psk, Identity, State) -> Self ! {asked, Identity, State}, {ok, Secret} end,
    Psk = [{ciphers, ["TLS_DHE_PSK_WITH_AES_128_GCM_SHA256"]}, ?V12],
    #{psk_identity := <<"me">>, psk := Secret} =
        client_config([{psk_identity, "me"}, {user_lookup_fun, {Fun, state}} | Psk]),
    receive {asked, undefined, state} -> ok after 0 -> error(not_asked) end,
    %% without a suite for it nobody is asked
    false = is_map_key(psk, client_config([{psk_identity, "me"}, {user_lookup_fun, {Fun, 1}}])),
    receive {asked, _, _} -> error(asked) after 0 -> ok end,
    #{psk_hint := <<"hint">>, ask_about := [psk]} =
        server_config([{psk_identity, "hint"}, {user_lookup_fun, {Fun, state}} | Psk]),
    Refuses = fun(_, _, _) -> error end,
    ?assertMatch({error, {options, {user_lookup_fun, _}}},
                 check(client, [{verify, verify_none}, {psk_identity, "me"},
                                {user_lookup_fun, {Refuses, 1}} | Psk])).

funs(_) ->
    Verify = fun(_, _, State) -> {valid, State} end,
    Chain = fun(_) -> unknown_ca end,
    {ok, #{funs := Client, config := #{ask_about := [verify, partial_chain]}}} =
        cssl_options:client([{cacertfile, "x"}, {verify_fun, {Verify, 7}}, {partial_chain, Chain},
                             {customize_hostname_check, [{match_fun, fun(_, _) -> true end}]},
                             {keep_secrets, true}], "h"),
    #{verify_fun := {Checked, 7}, partial_chain := Chain, keep_secrets := true} = Client,
    true = is_function(Checked, 4),
    {ok, #{funs := #{verify_fun := {Verify, 7}}}} =
        cssl_options:client([{cacertfile, "x"}, {verify_fun, {Verify, 7}}], "h"),
    Sni = fun(_) -> undefined end,
    {ok, #{funs := #{sni_fun := Sni}, config := #{ask_about := [sni]}}} =
        cssl_options:server([{sni_fun, Sni}]),
    {ok, #{funs := #{sni_fun := Hosts}, config := #{ask_about := [sni]}}} =
        cssl_options:server([{sni_hosts, [{"A.test", [{depth, 1}]}, {"a.test", []}]}]),
    [{depth, 1}] = Hosts("a.Test"),
    undefined = Hosts("b.test"),
    %% a fun of one argument is told of faults alone
    {ok, #{funs := #{verify_fun := {Old, []}}}} =
        cssl_options:client([{cacertfile, "x"},
                             {verify_fun, fun([{bad_cert, What}]) -> What =:= fine end}], "h"),
    {valid, s} = Old(cert, {bad_cert, fine}, s),
    {fail, {bad_cert, wrong}} = Old(cert, {bad_cert, wrong}, s),
    {valid, s} = Old(cert, valid_peer, s),
    {unknown, s} = Old(cert, {extension, x}, s).

updates(_) ->
    {ok, Listen} = cssl_options:server([{certfile, "x"}, {password, "p"}, {active, false},
                                        {alpn_preferred_protocols, [<<"a">>]}, {nodelay, true},
                                        {session_tickets, stateless}, {handshake, hello}]),
    {ok, Same} = cssl_options:update(server, Listen, []),
    ?assertEqual(maps:remove(given, Listen), maps:remove(given, Same)),
    %% what is new takes the place of its whole family
    {ok, #{config := Config, emulated := #{active := once, mode := binary}, handshake := hello,
           user := #{alpn_preferred_protocols := [<<"a">>]}}} =
        cssl_options:update(server, Listen, [{cert, <<1>>}, {key, {rsa, <<2>>}}, {active, once},
                                             {mode, binary}, {handshake, full}, {protocol, foo}]),
    #{certs_keys := [#{cert := <<1>>, key := <<2>>} = Identity]} = Config,
    false = is_map_key(password, Identity),
    %% an older option does not clash with newer versions, a newer one does
    {ok, #{user := #{versions := ['tlsv1.2']}}} =
        cssl_options:update(server, Listen, [{versions, ['tlsv1.2']}]),
    ?assertEqual(i([cookie, {versions, ['tlsv1.2']}]),
                 cssl_options:update(server, Listen, [{versions, ['tlsv1.2']}, {cookie, true}])),
    ?assertEqual(o(depth, foo), cssl_options:update(server, Listen, [{depth, foo}])),
    ?assertEqual(o(active, foo), cssl_options:update(server, Listen, [{active, foo}])),
    {ok, Hosts} = cssl_options:server([{sni_hosts, [{"a", []}]}]),
    {ok, #{funs := Funs}} = cssl_options:update(server, Hosts, [{sni_fun, fun(_) -> [] end}]),
    [sni_fun] = maps:keys(Funs).

setopts(_) ->
    Bad = fun(Option) -> {error, {options, {socket_options, Option}}} end,
    Rows = [{[], {ok, []}},
            {[binary, {active, once}, {nodelay, true}],
             {ok, [{mode, binary}, {active, once}, {nodelay, true}]}},
            {[{raw, 6, 1, <<1>>}], {ok, [{raw, 6, 1, <<1>>}]}},
            {[{nodelay, true}, {packet, foo}], Bad({packet, foo})},
            {[{active, 99999}], Bad({active, 99999})},
            {[{mode, foo}], Bad({mode, foo})},
            {[{depth, 1}], {error, {options, {socket_options, [{depth, 1}], einval}}}},
            {[foo], {error, {options, {socket_options, [foo], einval}}}},
            {foo, {error, {options, {not_a_proplist, foo}}}},
            {[a | b], {error, {options, {not_a_proplist, [a | b]}}}}],
    [?assertEqual({Given, Result}, {Given, cssl_options_inet:setopts(Given)})
     || {Given, Result} <- Rows].

information(_) ->
    Secret = <<"a secret of thirty-two bytes, not">>,
    {ok, Options} = cssl_options:server([{cert, <<1>>}, {key, {rsa, Secret}}, {password, Secret},
                                         {session_tickets, stateless}, {eccs, [secp256r1]},
                                         {stateless_tickets_seed, Secret},
                                         {ciphers, ["TLS_AES_128_GCM_SHA256"]}]),
    Shown = cssl_options:information(Options),
    nomatch = binary:match(term_to_binary(Shown), Secret),
    [] = [Name || {Name, undefined} <- Shown],
    [?assertEqual({Name, Value}, {Name, proplists:get_value(Name, Shown)})
     || {Name, Value} <- [{certs_keys, [#{cert => [<<1>>]}]}, {versions, [{3, 4}, {3, 3}]},
                          {ciphers, [#{key_exchange => any, cipher => aes_128_gcm, mac => aead,
                                       prf => sha256}]},
                          {eccs, {elliptic_curves, [{1, 2, 840, 10045, 3, 1, 7}]}},
                          {session_tickets, stateless}, {honor_cipher_order, false}]],
    {ok, Client} = cssl_options:client([{verify, verify_none}, {session_tickets, auto},
                                        {early_data, Secret}], "h"),
    nomatch = binary:match(term_to_binary(cssl_options:information(Client)), Secret).

properties(Config) ->
    true = cssl_options_prop:check(Config).

%%% Helpers

o(Tag, Value) -> {error, {options, {Tag, Value}}}.
i(Options) -> {error, {options, incompatible, Options}}.

both(Rows) -> client(Rows), server(Rows).
client(Rows) -> [expect(client, Options, Result) || {Options, Result} <- Rows].
server(Rows) -> [expect(server, Options, Result) || {Options, Result} <- Rows].

expect(Role, Options, Result) ->
    Got = case check(Role, verified(Role, Options)) of
              {ok, _} -> ok;
              Error -> Error
          end,
    ?assertEqual({Role, Options, Result}, {Role, Options, Got}).

%% A client's default is to verify, for which it would need authorities.
verified(client, Options) ->
    case lists:keymember(verify, 1, Options) of
        true -> Options;
        false -> [{verify, verify_none} | Options]
    end;
verified(server, Options) ->
    Options.

check(client, Options) -> cssl_options:client(Options, "h");
check(server, Options) -> cssl_options:server(Options).

config(Role, Options) ->
    {ok, #{config := Config}} = check(Role, verified(Role, Options)),
    Config.

client_config(Options) -> config(client, Options).
server_config(Options) -> config(server, Options).

without_lists(Config) ->
    maps:without([ciphers, supported_groups, signature_algs], Config).
