%%% cssl_funs - a question of the library's becomes a call of one of the user's funs, in OTP's
%%% terms, and what the fun says becomes an answer. It runs in the process of cssl_ask.
-module(cssl_funs).

-export([call/3]).

-include_lib("public_key/include/public_key.hrl").

-type answer() :: {accept | reject | unknown | default, byte(), binary() | reference() | undefined}.

-define(DEFAULT, {default, 0, undefined}).
-define(HANDSHAKE_FAILURE, 40).
-define(UNRECOGNIZED_NAME, 112).

%% call(Question, Options, State): State is what verify_fun hands on from call to call.
-spec call(map(), map(), map()) -> {answer(), map()}.
call(#{kind := verify} = Q, #{funs := #{verify_fun := {Fun, First}}}, State) ->
    verify(Q, Fun, maps:get(verify, State, First), State);
call(#{kind := partial_chain, certs := Certs}, #{funs := #{partial_chain := Fun}}, State) ->
    %% OTP hands over the certificates with the root's end first.
    case catch Fun(lists:reverse(Certs)) of
        {trusted_ca, Der} when is_binary(Der) -> {{accept, 0, Der}, State};
        _ -> {?DEFAULT, State}
    end;
call(#{kind := sni, subject := Host}, #{funs := #{sni_fun := Fun}} = Options, State) ->
    {sni(catch Fun(binary_to_list(Host)), Options), State};
call(#{kind := psk, subject := Identity}, #{funs := #{user_lookup_fun := {Fun, UserState}}},
     State) ->
    case catch Fun(psk, Identity, UserState) of
        {ok, Key} when is_binary(Key) -> {{accept, 0, Key}, State};
        _ -> {?DEFAULT, State}
    end;
call(#{kind := sign} = Q, #{funs := Funs}, State) ->
    {sign(Q, Funs), State};
call(_, _, State) ->
    {?DEFAULT, State}.

sni(undefined, _) ->
    ?DEFAULT;
sni(unrecognized, _) ->
    {reject, ?UNRECOGNIZED_NAME, undefined};
sni(More, Options) when is_list(More) ->
    case cssl_options:update(server, Options, More) of
        {ok, New} ->
            case cssl_connection:config(server, New) of
                {ok, Config} -> {accept, 0, Config};
                _ -> {reject, ?HANDSHAKE_FAILURE, undefined}
            end;
        _ ->
            {reject, ?HANDSHAKE_FAILURE, undefined}
    end;
sni(_, _) ->
    {reject, ?HANDSHAKE_FAILURE, undefined}.

verify(#{subject := Der} = Q, Fun, UserState, State) ->
    Cert = public_key:pkix_decode_cert(Der, otp),
    Event = event(Q),
    Result = case erlang:fun_info(Fun, arity) of
                 {arity, 4} -> catch Fun(Cert, Der, Event, UserState);
                 {arity, 3} -> catch Fun(Cert, Event, UserState);
                 _ -> {fail, bad_fun}
             end,
    case Result of
        {Valid, New} when Valid =:= valid; Valid =:= valid_peer ->
            {{accept, 0, undefined}, State#{verify => New}};
        {unknown, New} ->
            {{unknown, 0, undefined}, State#{verify => New}};
        {fail, Reason} ->
            {{reject, cssl_format:fault_alert(Reason), undefined}, State#{term => term(Reason)}};
        _ ->
            {{reject, ?HANDSHAKE_FAILURE, undefined}, State}
    end.

%% What is printed of a refusal: nothing where the alert says it all.
term({bad_cert, Fault}) when Fault =:= unknown_ca; Fault =:= cert_expired -> none;
term({bad_cert, Fault}) when Fault =:= invalid_issuer; Fault =:= invalid_signature;
                             Fault =:= name_not_permitted; Fault =:= selfsigned_peer;
                             Fault =:= unsupported_signature;
                             Fault =:= unknown_critical_extension;
                             Fault =:= invalid_ext_keyusage ->
    Fault;
term(Reason) -> Reason.

event(#{event := bad_cert, reason := Reason}) -> {bad_cert, cssl_format:cert_fault(Reason)};
event(#{event := extension, oid := Oid, subject := Der, critical := Critical}) ->
    {extension, extension(Oid, Critical, Der)};
event(#{event := Event}) -> Event.

%% The extension itself, out of the certificate that it is in.
extension(Oid, Critical, Der) ->
    #'OTPCertificate'{tbsCertificate = #'OTPTBSCertificate'{extensions = All}} =
        public_key:pkix_decode_cert(Der, otp),
    Id = oid(Oid),
    case [E || #'Extension'{extnID = X} = E <- All, X =:= Id] of
        [Extension | _] -> Extension;
        [] -> #'Extension'{extnID = Id, critical = Critical, extnValue = <<>>}
    end.

oid(<<First, Rest/binary>>) ->
    Arc = min(First div 40, 2),
    list_to_tuple([Arc, First - 40 * Arc | arcs(Rest, 0)]).

arcs(<<>>, _) -> [];
arcs(<<1:1, N:7, Rest/binary>>, Sum) -> arcs(Rest, Sum bsl 7 + N);
arcs(<<0:1, N:7, Rest/binary>>, Sum) -> [Sum bsl 7 + N | arcs(Rest, 0)].

%% sign_fun(Message, Digest, Options) of the identity whose certificate the library chose.
sign(#{subject := Message, certificate := Der, scheme := Scheme}, Funs) ->
    Keys = maps:get(sign_funs, Funs, []),
    case lists:keyfind(Der, 1, Keys) of
        {_, Fun, Options} ->
            {Digest, Extra} = cssl_suites:sign_parameters(Scheme),
            case catch Fun(Message, Digest, Extra ++ Options) of
                Signature when is_binary(Signature) -> {accept, 0, Signature};
                _ -> {reject, 0, undefined}
            end;
        false ->
            {reject, 0, undefined}
    end.
