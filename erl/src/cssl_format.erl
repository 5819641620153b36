%%% Faults in the terms of OTP's ssl, and in words: what the library says becomes {tls_alert, _},
%%% {options, _}, closed, ...; what is wrong with a certificate becomes {bad_cert, _}. Decides
%%% nothing.
-module(cssl_format).

-export([format_error/1, reason/1, reason/2, config_reason/2, cert_fault/1, fault_alert/1]).
-export([alert_name/1, alert_title/1, alert_text/1]).

-export_type([why/0, details/0]).

%% What cssl_nif says. Names of reasons are those of cssl_reasons.def. Said is the line that the
%% library logs, Text the sentence of the error.
-type why() :: closed | timeout | atom() |
               {alert, Name :: atom(), Number :: byte(), FromPeer :: boolean(), Reason :: atom(),
                Said :: binary(), Text :: binary()} |
               {option, Option :: atom(), Reason :: atom(), Posix :: atom(), Text :: binary()} |
               {state, Reason :: atom(), Text :: binary()}.

%% What only Erlang knows of an alert of this side: `term` is what to print in any case, such as a
%% verify_fun's verdict; the rest fills in what is printed of a fault.
-type details() :: #{term => term(), requested => string(), received => [term()]}.

-type alert() :: #{number := byte(), from_peer := boolean(), role := client | server,
                   state := string(), term => term()}.

%%% Words

-spec format_error(term()) -> string().
format_error({error, Reason}) -> do_format(Reason);
format_error(Reason) -> do_format(Reason).

do_format(Reason) when is_list(Reason) ->
    Reason;
do_format(closed) ->
    "TLS connection is closed";
do_format({tls_alert, {_, Text}}) ->
    Text;
do_format({options, {Kind, File, Reason}}) when Kind =:= certfile; Kind =:= keyfile;
                                                Kind =:= cacertfile; Kind =:= dhfile ->
    file_text(Kind, File, Reason);
do_format({options, {Kind, {File, Reason}}}) when Kind =:= certfile; Kind =:= keyfile;
                                                  Kind =:= cacertfile; Kind =:= dhfile ->
    file_text(Kind, File, Reason);
do_format({options, {socket_options, Option, Reason}}) ->
    text("Invalid transport socket option ~tp: ~ts", [Option, format_error(Reason)]);
do_format({options, socket_options, Option, Reason}) ->
    do_format({options, {socket_options, Option, Reason}});
do_format({options, {socket_options, Option}}) ->
    text("Invalid socket option: ~tp", [Option]);
do_format({options, incompatible, Options}) ->
    text("Options (or their values) can not be combined: ~tp", [Options]);
do_format({options, {Kind, Option}}) when Kind =:= option_not_a_key_value_tuple;
                                          Kind =:= no_supported_algorithms;
                                          Kind =:= no_supported_signature_schemes;
                                          Kind =:= insufficient_crypto_support ->
    text("Invalid option ~tp ~tp", [Option, Kind]);
do_format({options, Options}) ->
    text("Invalid TLS option: ~tp", [Options]);
do_format({OptionOrOptions, Kind, Option}) when OptionOrOptions =:= option;
                                                OptionOrOptions =:= options ->
    text("Invalid option ~tp ~tp", [Option, Kind]);
do_format(Reason) when is_atom(Reason) ->
    case inet:format_error(Reason) of
        "unknown POSIX error" ++ _ -> text("Unexpected error: ~tp", [Reason]);
        Text -> Text
    end;
do_format(Reason) ->
    text("Unexpected error: ~tp", [Reason]).

file_text(Kind, File, Reason) ->
    Posix = case Reason of
                {error, Why} -> Why;
                Why -> Why
            end,
    Text = case is_atom(Posix) andalso file:format_error(Posix) of
               false -> "decoding error";
               "unknown POSIX error" ++ _ -> "decoding error";
               Known -> Known
           end,
    text("Invalid ~s file ~ts: ~ts", [kind_text(Kind), name_text(File), Text]).

kind_text(certfile) -> "certificate";
kind_text(keyfile) -> "key";
kind_text(cacertfile) -> "CA certificate";
kind_text(dhfile) -> "DH params".

name_text(File) ->
    case catch unicode:characters_to_list(File) of
        Text when is_list(Text) -> Text;
        _ -> text("~tp", [File])
    end.

text(Format, Args) ->
    lists:flatten(io_lib:format(Format, Args)).

%%% The library's faults

-spec reason(why()) -> term().
reason(Why) ->
    reason(Why, #{}).

-spec reason(why(), details()) -> term().
reason({alert, _, 0, _, _, _, _}, _) ->
    closed;
reason({alert, _, Number, FromPeer, Reason, Said, Text}, Details) ->
    Line = [opening(Said, FromPeer), " ALERT: Fatal - ", alert_title(Number), "\n"],
    {tls_alert, {alert_name(Number),
                 lists:flatten([Line | term_text(FromPeer, Reason, Text, Details)])}};
reason({option, Option, _, _, Text}, _) ->
    {options, {Option, binary_to_list(Text)}};
reason({state, Reason, _}, _) ->
    state_reason(Reason);
reason(Why, _) ->
    Why.

%% "TLS client: In state wait_cv generated CLIENT": all of what the library says before the words.
opening(Said, FromPeer) ->
    case binary:split(Said, <<" ALERT:">>) of
        [Opening, _] -> binary_to_list(Opening);
        [_] when FromPeer -> "TLS connection: received PEER";
        [_] -> "TLS connection: generated OWN"
    end.

%% An alert of this side has its reason in a line of its own, where there is more to say than what
%% the alert is called.
term_text(true, _, _, _) ->
    [];
term_text(false, Reason, Text, Details) ->
    case Details of
        #{term := none} -> [];
        #{term := Term} -> [" ", printed(Term)];
        _ ->
            case alert_term(Reason, Details) of
                none -> [];
                {term, Term} -> [" ", printed(Term)];
                unknown -> [" ", printed({lower(Reason), binary_to_list(Text)})]
            end
    end.

printed(Term) ->
    io_lib:format("~P", [Term, 20]).

alert_term('HOSTNAME_MISMATCH', #{requested := Host, received := Names}) ->
    {term, {bad_cert, {hostname_check_failed, {requested, Host}, {received, Names}}}};
alert_term(Reason, _) ->
    case alert_terms() of
        #{Reason := Term} -> Term;
        _ -> unknown
    end.

alert_terms() ->
    #{'UNKNOWN_CA' => none,
      'CERT_EXPIRED' => none,
      'CERT_NOT_YET_VALID' => none,
      'CERT_REVOKED' => none,
      'ALPN_NOT_COMMON' => none,
      'VERSION_NOT_COMMON' => none,
      'USER_CANCELED' => none,
      'BAD_RECORD_MAC' => {term, decryption_failed},
      'SELF_SIGNED_PEER' => {term, selfsigned_peer},
      'CERT_SIGNATURE' => {term, invalid_signature},
      'NAME_NOT_PERMITTED' => {term, name_not_permitted},
      'HOSTNAME_MISMATCH' => {term, {bad_cert, hostname_check_failed}},
      'REVOCATION_UNKNOWN' => {term, {bad_crls, no_relevant_crls}},
      'CRITICAL_EXTENSION' => {term, unknown_critical_extension},
      'EXT_KEY_USAGE' => {term, invalid_ext_keyusage},
      'CA_EXT_KEY_USAGE' => {term, ca_invalid_ext_keyusage},
      'CERT_KEY_USAGE' => {term, key_usage_mismatch},
      'CA_KEY_USAGE' => {term, {bad_cert, invalid_key_usage}},
      'UNSUPPORTED_SIGNATURE' => {term, unsupported_signature},
      'NOT_A_CA' => {term, {bad_cert, missing_basic_constraint}},
      'PATH_LENGTH' => {term, {bad_cert, max_path_length_reached}},
      'CHAIN_TOO_DEEP' => {term, {bad_cert, max_path_length_reached}},
      'POLICY' => {term, {bad_cert, policy_requirement_not_met}},
      'STAPLE' => {term, {bad_cert, missing_ocsp_staple}},
      'CERTIFICATE_REQUIRED' => {term, certificate_required},
      'CERTIFICATE_REQUIRED_12' => {term, no_client_certificate_provided},
      'GROUP_NOT_COMMON' => {term, no_suitable_groups},
      'SUITE_NOT_COMMON' => {term, no_suitable_ciphers},
      'SCHEME_NOT_COMMON' => {term, no_suitable_signature_algorithm}}.

state_reason(Reason) ->
    maps:get(Reason,
             #{'NO_PEERCERT' => no_peercert,
               'RENEGOTIATION_REFUSED' => renegotiation_rejected,
               'CLOSED' => closed,
               'STILL_SENDING' => closed,
               'RECORDS_EXHAUSTED' => closed,
               'CONNECTION_RESET' => closed},
             lower(Reason)).

lower(Reason) ->
    list_to_atom(string:lowercase(atom_to_list(Reason))).

%%% Faults of options, which the library finds when it reads what they name

-spec config_reason(why(), cssl_options:options()) -> term().
config_reason({option, certfile, 'OPTION_MISSING', _, _}, #{role := server}) ->
    {options, {certs_keys, cert_and_key_required}};
config_reason({option, use_ticket, _, _, Text}, #{user := #{reuse_session := {_, _}}}) ->
    {options, {reuse_session, binary_to_list(Text)}};
config_reason({option, Option, Reason, Posix, Text}, #{user := User} = Options) ->
    case lists:member(Option, [certfile, keyfile, password, cert, key]) of
        true -> identity_fault(Option, Reason, Posix, Text, Options);
        false when Option =:= cacertfile; Option =:= dhfile ->
            file_fault(Option, maps:get(Option, User, undefined), Reason, Posix);
        false -> {options, {user_name(Option), user_value(Option, User, Text)}}
    end;
config_reason(Why, _) ->
    reason(Why).

%% The file at fault is the one that the sentence names. A client looks for the key first, as OTP
%% does, where one file has both.
identity_fault(Option, Reason, Posix, Text, #{user := User, role := Role}) ->
    Identities = maps:get(certs_keys, User, []),
    Named = [Map || #{Option := File} = Map <- Identities, is_binary(File),
                    binary:match(Text, <<$", File/binary, $">>) =/= nomatch],
    case Named ++ Identities of
        [#{certfile := File, keyfile := File} | _] when Role =:= client, Option =:= certfile ->
            file_fault(keyfile, File, Reason, Posix);
        [#{Option := File} | _] when Option =:= certfile; Option =:= keyfile ->
            file_fault(Option, File, Reason, Posix);
        [#{keyfile := File} | _] when Option =:= password ->
            file_fault(keyfile, File, Reason, Posix);
        [#{certfile := File} | _] when Option =:= keyfile ->
            file_fault(certfile, File, Reason, Posix);
        _ ->
            {options, {Option, lower(Reason)}} % never the key itself
    end.

file_fault(Option, undefined, Reason, _) ->
    {options, {Option, lower(Reason)}};
file_fault(Option, File, Reason, Posix) ->
    Why = case Posix of
              undefined -> lower(Reason);
              _ -> Posix
          end,
    case newer_terms() of
        true -> {options, {Option, {name_text(File), Why}}};
        false -> {options, {Option, name_text(File), {error, Why}}}
    end.

%% From release 28 on a file stands with its fault in a tuple.
newer_terms() ->
    case string:to_integer(erlang:system_info(otp_release)) of
        {N, _} when is_integer(N) -> N >= 28;
        _ -> false
    end.

%% Names of the library's options which are others than OTP's.
user_name(Option) ->
    maps:get(Option,
             #{key_share_groups => psk_groups,
               ticket_seed => stateless_tickets_seed,
               max_early_data => early_data,
               anti_replay_window => anti_replay,
               anti_replay_hashes => anti_replay,
               anti_replay_bits => anti_replay,
               certificate_policies => cert_policy_opts,
               crl_dir => crl_cache,
               crlfile => crl_cache,
               psk => user_lookup_fun,
               psk_hint => psk_identity}, Option).

user_value(Option, User, Text) ->
    Secret = [early_data, stateless_tickets_seed, use_ticket, password, key],
    Name = user_name(Option),
    case lists:member(Name, Secret) of
        false when is_map_key(Name, User) -> maps:get(Name, User);
        _ -> binary_to_list(Text)
    end.

%%% Certificates

%% What a verify_fun is told of a fault, as {bad_cert, Fault}.
-spec cert_fault(atom()) -> term().
cert_fault(Reason) ->
    case cert_faults() of
        #{Reason := Fault} -> Fault;
        _ -> lower(Reason)
    end.

cert_faults() ->
    #{'UNKNOWN_CA' => unknown_ca,
      'SELF_SIGNED_PEER' => selfsigned_peer,
      'CERT_SIGNATURE' => invalid_signature,
      'CERT_EXPIRED' => cert_expired,
      'CERT_NOT_YET_VALID' => cert_expired,
      'UNSUPPORTED_SIGNATURE' => unsupported_signature,
      'SIGNATURE_NOT_ACCEPTED' => unsupported_signature,
      'WEAK_DIGEST' => unsupported_signature,
      'NOT_A_CA' => missing_basic_constraint,
      'CA_KEY_USAGE' => invalid_key_usage,
      'CERT_KEY_USAGE' => {key_usage_mismatch, []},
      'PATH_LENGTH' => max_path_length_reached,
      'CHAIN_TOO_DEEP' => max_path_length_reached,
      'EXT_KEY_USAGE' => {invalid_ext_keyusage, []},
      'CA_EXT_KEY_USAGE' => {ca_invalid_ext_keyusage, []},
      'NAME_CONSTRAINT_KIND' => name_not_permitted,
      'NAME_NOT_PERMITTED' => name_not_permitted,
      'BAD_NAME_CONSTRAINTS' => name_not_permitted,
      'CRITICAL_EXTENSION' => unknown_critical_extension,
      'HOSTNAME_MISMATCH' => hostname_check_failed,
      'CERT_REVOKED' => {revoked, unspecified},
      'REVOCATION_UNKNOWN' => {revocation_status_undetermined, {bad_crls, no_relevant_crls}},
      'POLICY' => policy_requirement_not_met,
      'STAPLE' => missing_ocsp_staple}.

%% The alert of a path fault {bad_cert, Fault}, by its number, for a verdict of a verify_fun.
-spec fault_alert(term()) -> byte().
fault_alert(Fault) ->
    case Fault of
        cert_expired -> 45;
        unknown_ca -> 48;
        {bad_cert, Inner} -> fault_alert(Inner);
        {revoked, _} -> 44;
        {revocation_status_undetermined, _} -> 42;
        {Kind, _} -> kind_alert(Kind);
        Kind -> kind_alert(Kind)
    end.

kind_alert(Kind) when Kind =:= invalid_issuer; Kind =:= invalid_signature;
                      Kind =:= name_not_permitted; Kind =:= selfsigned_peer;
                      Kind =:= hostname_check_failed ->
    42;
kind_alert(Kind) when Kind =:= unsupported_signature; Kind =:= unknown_critical_extension;
                      Kind =:= invalid_ext_keyusage; Kind =:= ca_invalid_ext_keyusage;
                      Kind =:= key_usage_mismatch ->
    43;
kind_alert(_) ->
    40.

%%% Alerts

%% The text of an alert in OTP's words, for one that Erlang raises.
-spec alert_text(alert()) -> string().
alert_text(#{number := Number, from_peer := FromPeer, role := Role, state := State} = Alert) ->
    {Verb, Of} = case {FromPeer, Role} of
                     {true, client} -> {"received", "SERVER"};
                     {true, server} -> {"received", "CLIENT"};
                     {false, client} -> {"generated", "CLIENT"};
                     {false, server} -> {"generated", "SERVER"}
                 end,
    Term = case Alert of
               #{term := T} when not FromPeer -> [" ", printed(T)];
               _ -> []
           end,
    lists:flatten(["TLS ", atom_to_list(Role), ": In state ", State, " ", Verb, " ", Of,
                   " ALERT: Fatal - ", alert_title(Number), "\n" | Term]).

-spec alert_name(byte()) -> atom().
alert_name(Number) ->
    case alerts() of
        #{Number := {Name, _}} -> Name;
        _ -> 'unsupported/unknown_alert'
    end.

-spec alert_title(byte()) -> string().
alert_title(Number) ->
    case alerts() of
        #{Number := {_, Title}} -> Title;
        _ -> "unsupported/unknown alert: " ++ integer_to_list(Number)
    end.

alerts() ->
    #{0 => {close_notify, "Close Notify"},
      10 => {unexpected_message, "Unexpected Message"},
      20 => {bad_record_mac, "Bad Record MAC"},
      21 => {decryption_failed_reserved, "Decryption Failed Reserved"},
      22 => {record_overflow, "Record Overflow"},
      30 => {decompression_failure, "Decompression Failure"},
      40 => {handshake_failure, "Handshake Failure"},
      41 => {no_certificate_reserved, "No Certificate Reserved"},
      42 => {bad_certificate, "Bad Certificate"},
      43 => {unsupported_certificate, "Unsupported Certificate"},
      44 => {certificate_revoked, "Certificate Revoked"},
      45 => {certificate_expired, "Certificate Expired"},
      46 => {certificate_unknown, "Certificate Unknown"},
      47 => {illegal_parameter, "Illegal Parameter"},
      48 => {unknown_ca, "Unknown CA"},
      49 => {access_denied, "Access Denied"},
      50 => {decode_error, "Decode Error"},
      51 => {decrypt_error, "Decrypt Error"},
      60 => {export_restriction, "Export Restriction"},
      70 => {protocol_version, "Protocol Version"},
      71 => {insufficient_security, "Insufficient Security"},
      80 => {internal_error, "Internal Error"},
      86 => {inappropriate_fallback, "Inappropriate Fallback"},
      90 => {user_canceled, "User Canceled"},
      100 => {no_renegotiation, "No Renegotiation"},
      109 => {missing_extension, "Missing extension"},
      110 => {unsupported_extension, "Unsupported Extension"},
      111 => {certificate_unobtainable, "Certificate Unobtainable"},
      112 => {unrecognized_name, "Unrecognized Name"},
      113 => {bad_certificate_status_response, "Bad Certificate Status Response"},
      114 => {bad_certificate_hash_value, "Bad Certificate Hash Value"},
      115 => {unknown_psk_identity, "Unknown Psk Identity"},
      116 => {certificate_required, "Certificate required"},
      120 => {no_application_protocol, "No application protocol"}}.
