%%% Faults in OTP's terms and words: format_error/1 for every family, alerts of both sides, what a
%%% verify_fun is told, files and options that the library refuses.
-module(cssl_format_SUITE).

-include_lib("stdlib/include/assert.hrl").

-export([all/0]).
-export([texts/1, texts_of_otp/1, own_alerts/1, received_alerts/1, alert_table/1, other_reasons/1,
         certificates/1, files/1, options/1, secrets/1]).

all() ->
    [texts, texts_of_otp, own_alerts, received_alerts, alert_table, other_reasons, certificates,
     files, options, secrets].

texts(_) ->
    Rows = [{closed, "TLS connection is closed"},
            {{tls_alert, {unknown_ca, "TLS client: x"}}, "TLS client: x"},
            {"a text", "a text"},
            {{options, {certfile, "f", {error, enoent}}},
             "Invalid certificate file f: no such file or directory"},
            {{options, {certfile, {"f", enoent}}},
             "Invalid certificate file f: no such file or directory"},
            {{options, {keyfile, <<"f">>, key_mismatch}}, "Invalid key file f: decoding error"},
            {{options, {cacertfile, "f", {error, eacces}}},
             "Invalid CA certificate file f: permission denied"},
            {{options, {dhfile, "f", {badmatch, []}}}, "Invalid DH params file f: decoding error"},
            {{options, incompatible, [a, {b, c}]},
             "Options (or their values) can not be combined: [a,{b,c}]"},
            {{options, {depth, foo}}, "Invalid TLS option: {depth,foo}"},
            {{option, server_only, dh}, "Invalid option dh server_only"},
            {{options, {option_not_a_key_value_tuple, foo}},
             "Invalid option foo option_not_a_key_value_tuple"},
            {{options, {socket_options, [{foo, 1}]}}, "Invalid socket option: [{foo,1}]"},
            {{options, {socket_options, foo, einval}},
             "Invalid transport socket option foo: invalid argument"},
            {econnrefused, "connection refused"},
            {nooptions, "Unexpected error: nooptions"},
            {{foo, bar}, "Unexpected error: {foo,bar}"}],
    [begin
         ?assertEqual({Reason, Text}, {Reason, cssl_format:format_error(Reason)}),
         ?assertEqual({Reason, Text}, {Reason, cssl_format:format_error({error, Reason})})
     end || {Reason, Text} <- Rows].

%% The texts are OTP's, where the release has them in this form.
texts_of_otp(_) ->
    Reasons = [closed, timeout, econnrefused, nxdomain, enotconn, einval, nooptions, no_peercert,
               {tls_alert, {unknown_ca, "TLS client: x"}},
               {options, {depth, foo}}, {options, {versions, []}},
               {options, {certs_keys, cert_and_key_required}},
               {options, {socket_options, {foo, 1}}},
               {options, {socket_options, foo, einval}},
               {options, {not_a_proplist, foo}}],
    [?assertEqual({R, lists:flatten(ssl:format_error(R))}, {R, cssl_format:format_error(R)})
     || R <- Reasons ++ newer_reasons()].

newer_reasons() ->
    case list_to_integer(erlang:system_info(otp_release)) >= 27 of
        true -> [{options, {certfile, "f", {error, enoent}}},
                 {options, {dhfile, "f", {error, eacces}}},
                 {options, incompatible, [{verify, verify_peer}, {cacerts, undefined}]},
                 {option, client_only, stapling},
                 {options, missing_version, {'tlsv1.2', {versions, ['tlsv1.3']}}},
                 {options, {option_not_a_key_value_tuple, foo}},
                 {options, {no_supported_algorithms, {signature_algs, []}}},
                 {options, {insufficient_crypto_support, {'tlsv1.3', {versions, []}}}}];
        false -> []
    end.

own_alerts(_) ->
    Own = fun(Number, Name, Reason) ->
                  Said = <<"TLS client: In state wait_cert_cr generated CLIENT ALERT: Fatal - X\n "
                           "a sentence">>,
                  Why = {alert, Name, Number, false, Reason, Said, <<"a sentence">>},
                  {tls_alert, {Name, Text}} = cssl_format:reason(Why),
                  "TLS client: In state wait_cert_cr generated CLIENT ALERT: Fatal - " ++ Rest =
                      Text,
                  Rest
          end,
    "Unknown CA\n" = Own(48, unknown_ca, 'UNKNOWN_CA'),
    "Certificate Expired\n" = Own(45, certificate_expired, 'CERT_EXPIRED'),
    "No application protocol\n" = Own(120, no_application_protocol, 'ALPN_NOT_COMMON'),
    "Bad Certificate\n selfsigned_peer" = Own(42, bad_certificate, 'SELF_SIGNED_PEER'),
    "Insufficient Security\n no_suitable_groups" =
        Own(71, insufficient_security, 'GROUP_NOT_COMMON'),
    "Certificate required\n certificate_required" =
        Own(116, certificate_required, 'CERTIFICATE_REQUIRED'),
    %% what OTP has no term for is told in words
    "Illegal Parameter\n {key_share_twice,\"a sentence\"}" =
        Own(47, illegal_parameter, 'KEY_SHARE_TWICE'),
    %% what only Erlang knows
    Why = {alert, bad_certificate, 42, false, 'HOSTNAME_MISMATCH',
           <<"TLS client: In state certify generated CLIENT ALERT: Fatal - ...">>, <<>>},
    Has = fun(Details, Part) ->
                  {tls_alert, {bad_certificate, Text}} = cssl_format:reason(Why, Details),
                  ?assertNotEqual({Text, nomatch}, {Text, string:find(Text, Part)})
          end,
    Has(#{}, "hostname_check_failed"),
    Has(#{requested => "h.test", received => [{dNSName, "g.test"}]}, "{requested,\"h.test\"}"),
    Has(#{term => {bad_cert, my_reason}}, "\n {bad_cert,my_reason}"),
    "TLS server: In state start generated SERVER ALERT: Fatal - Unrecognized Name\n {sni,\"x\"}" =
        cssl_format:alert_text(#{number => 112, from_peer => false, role => server,
                                 state => "start", term => {sni, "x"}}),
    "TLS server: In state cipher received CLIENT ALERT: Fatal - Bad Certificate\n" =
        cssl_format:alert_text(#{number => 42, from_peer => true, role => server,
                                 state => "cipher", term => not_shown}).

received_alerts(_) ->
    Said = <<"TLS server: In state wait_finished received CLIENT ALERT: "
             "Fatal - Unrecognised Name">>,
    ?assertEqual({tls_alert, {unrecognized_name,
                              "TLS server: In state wait_finished received CLIENT ALERT: "
                              "Fatal - Unrecognized Name\n"}},
                 cssl_format:reason({alert, unrecognized_name, 112, true, 'PEER_ALERT', Said,
                                     <<"it does not serve the name">>})),
    {tls_alert, {'unsupported/unknown_alert', Text}} =
        cssl_format:reason({alert, x, 200, true, 'PEER_ALERT', Said, <<>>}),
    true = lists:suffix("unsupported/unknown alert: 200\n", Text),
    closed = cssl_format:reason({alert, close_notify, 0, true, 'PEER_ALERT', <<>>, <<>>}),
    %% a connection that could not say where it was has a text all the same
    {tls_alert, {bad_record_mac, Bare}} =
        cssl_format:reason({alert, bad_record_mac, 20, true, 'PEER_ALERT', <<>>, <<>>}),
    true = lists:suffix("Fatal - Bad Record MAC\n", Bare).

%% Every alert has a name and a title, and these are those that OTP's texts begin with.
alert_table(_) ->
    Known = [N || N <- lists:seq(0, 255),
                  cssl_format:alert_name(N) =/= 'unsupported/unknown_alert'],
    ?assertEqual(34, length(Known)),
    [?assertEqual({N, atom_to_list(cssl_format:alert_name(N))},
                  {N, lists:flatten(lists:join("_", string:lexemes(
                                        string:lowercase(cssl_format:alert_title(N)), " ")))})
     || N <- Known].

other_reasons(_) ->
    [?assertEqual({Why, Reason}, {Why, cssl_format:reason(Why)})
     || {Why, Reason} <- [{closed, closed}, {timeout, timeout}, {econnreset, econnreset},
                          {{state, 'NO_PEERCERT', <<>>}, no_peercert},
                          {{state, 'RENEGOTIATION_REFUSED', <<>>}, renegotiation_rejected},
                          {{state, 'NOT_NOW', <<>>}, not_now},
                          {{option, ciphers, 'OPTION_VALUE', undefined, <<"none">>},
                           {options, {ciphers, "none"}}}]].

certificates(_) ->
    Rows = [{'UNKNOWN_CA', unknown_ca, 48}, {'SELF_SIGNED_PEER', selfsigned_peer, 42},
            {'CERT_EXPIRED', cert_expired, 45}, {'CERT_NOT_YET_VALID', cert_expired, 45},
            {'CERT_SIGNATURE', invalid_signature, 42},
            {'NAME_NOT_PERMITTED', name_not_permitted, 42},
            {'HOSTNAME_MISMATCH', hostname_check_failed, 42},
            {'CERT_REVOKED', {revoked, unspecified}, 44},
            {'REVOCATION_UNKNOWN',
             {revocation_status_undetermined, {bad_crls, no_relevant_crls}}, 42},
            {'CRITICAL_EXTENSION', unknown_critical_extension, 43},
            {'UNSUPPORTED_SIGNATURE', unsupported_signature, 43},
            {'PATH_LENGTH', max_path_length_reached, 40},
            {'NOT_A_CA', missing_basic_constraint, 40},
            {'WEAK_KEY', weak_key, 40}],
    [begin
         ?assertEqual({Reason, Fault}, {Reason, cssl_format:cert_fault(Reason)}),
         ?assertEqual({Reason, Alert}, {Reason, cssl_format:fault_alert(Fault)})
     end || {Reason, Fault, Alert} <- Rows].

files(_) ->
    Missing = fun(Role, Given, Option, Name) ->
                      {ok, Options} = options(Role, Given),
                      Text = iolist_to_binary(["cannot read \"", Name, "\": no such file"]),
                      cssl_format:config_reason({option, Option, 'CERT_FILE', enoent, Text},
                                                Options)
              end,
    ?assertEqual(file(certfile, "c"), Missing(server, [{certfile, "c"}], certfile, "c")),
    ?assertEqual(file(keyfile, "c"), Missing(client, [{certfile, "c"}], certfile, "c")),
    ?assertEqual(file(certfile, "c"),
                 Missing(client, [{certfile, "c"}, {keyfile, "k"}], certfile, "c")),
    ?assertEqual(file(keyfile, "k"),
                 Missing(server, [{certfile, "c"}, {keyfile, "k"}], keyfile, "k")),
    %% of several identities the one whose file it is
    Several = [{certs_keys, [#{certfile => "a"}, #{certfile => "b"}]}],
    ?assertEqual(file(certfile, "b"), Missing(server, Several, certfile, "b")),
    ?assertEqual(file(cacertfile, "/ca"),
                 Missing(server, [{certfile, "c"}, {cacertfile, "/ca"}, {verify, verify_peer}],
                         cacertfile, "/ca")),
    ?assertEqual(file(dhfile, "dh"),
                 Missing(server, [{certfile, "c"}, {dhfile, "dh"}], dhfile, "dh")).

file(Option, Name) ->
    case list_to_integer(erlang:system_info(otp_release)) >= 28 of
        true -> {options, {Option, {Name, enoent}}};
        false -> {options, {Option, Name, {error, enoent}}}
    end.

options(_) ->
    {ok, Server} = options(server, [{session_tickets, stateless}]),
    ?assertEqual({options, {certs_keys, cert_and_key_required}},
                 cssl_format:config_reason({option, certfile, 'OPTION_MISSING', undefined, <<>>},
                                           Server)),
    ?assertMatch({options, {ciphers, [_ | _]}},
                 cssl_format:config_reason({option, ciphers, 'OPTION_CONFLICT', undefined, <<>>},
                                           Server)),
    ?assertEqual({options, {cert_policy_opts, []}},
                 cssl_format:config_reason({option, certificate_policies, 'OPTION_VALUE',
                                            undefined, <<"bad">>}, Server)),
    ?assertEqual({options, {new_one, "what is wrong"}},
                 cssl_format:config_reason({option, new_one, 'OPTION_VALUE', undefined,
                                            <<"what is wrong">>}, Server)),
    ?assertEqual(enomem, cssl_format:config_reason(enomem, Server)).

%% A secret is in no term that is made here.
secrets(_) ->
    Secret = <<"0123456789abcdef0123456789abcdef">>,
    {ok, Server} = options(server, [{cert, <<1>>}, {key, {rsa, Secret}}, {password, Secret},
                                    {session_tickets, stateless},
                                    {stateless_tickets_seed, Secret}]),
    [begin
         Reason = cssl_format:config_reason({option, Option, 'OPTION_VALUE', undefined, <<"t">>},
                                            Server),
         ?assertEqual(nomatch, binary:match(term_to_binary(Reason), Secret))
     end || Option <- [key, password, ticket_seed, cert, certfile, keyfile]].

options(client, Options) -> cssl_options:client([{verify, verify_none} | Options], "h");
options(server, Options) -> cssl_options:server(Options).
