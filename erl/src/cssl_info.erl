%%% cssl_info - what programs ask about a connection: connection_information, exporters, keys.
-module(cssl_info).

-export([information/2, negotiated_protocol/1, export/5, update_keys/2, prf/5]).

%% What connection_information/1 tells, in OTP's order; the user's options come behind.
-define(ITEMS, [protocol, session_id, session_data, session_resumption, selected_cipher_suite,
                sni_hostname, srp_username, ecc, max_fragment_length]).
-define(SECRET, [key, keyfile, password, certs_keys, stateless_tickets_seed, user_lookup_fun,
                 cacerts]).

-spec information(tuple(), default | [atom()]) -> {ok, list()} | {error, term()}.
information(Socket, Items) ->
    case cssl_socket:resource(Socket) of
        listening ->
            {error, enotconn};
        Res ->
            case cssl_nif:information(Res) of
                {ok, Info} -> {ok, tell(Res, Info, Items)};
                Error -> Error
            end
    end.

tell(Res, Info, default) ->
    [Item || Name <- ?ITEMS, Item <- item(Name, Info)] ++ maps:to_list(user_options(Res));
tell(Res, Info, Names) ->
    User = user_options(Res),
    lists:append([case User of
                      #{Name := Value} -> [{Name, Value}];
                      _ -> item(Name, Info)
                  end || Name <- Names]).

%% Private keys and their passwords are nobody's business, nor is a megabyte of authorities.
user_options(Res) ->
    #{user := User} = cssl_nif:options(Res),
    maps:without(?SECRET ++ ?ITEMS, User).

item(protocol, #{protocol := Protocol}) -> [{protocol, Protocol}];
item(session_id, #{session_id := Id}) -> [{session_id, Id}];
item(session_data, #{session_id := Id}) -> [{session_data, Id}];
item(session_resumption, #{session_resumption := Is}) -> [{session_resumption, Is}];
item(selected_cipher_suite, #{cipher_suite := Name}) ->
    [{selected_cipher_suite, cssl_suites:str_to_suite(binary_to_list(Name))}];
item(sni_hostname, #{sni_hostname := <<>>}) -> [];
item(sni_hostname, #{sni_hostname := Name}) -> [{sni_hostname, binary_to_list(Name)}];
item(srp_username, _) -> [];
item(ecc, #{protocol := 'tlsv1.2', group := Group}) when Group =/= '' ->
    [{ecc, {named_curve, Group}}];
item(selected_group, #{group := Group}) when Group =/= '' -> [{selected_group, Group}];
item(max_fragment_length, #{max_fragment_length := 0}) -> [];
item(max_fragment_length, #{max_fragment_length := N}) -> [{max_fragment_length, N}];
item(client_random, #{client_random := Random}) -> [{client_random, Random}];
item(server_random, #{server_random := Random}) -> [{server_random, Random}];
item(keylog, #{keylog := Lines}) ->
    [{keylog, [binary_to_list(L) || L <- binary:split(Lines, <<$\n>>, [global]), L =/= <<>>]}];
item(_, _) -> [].

-spec negotiated_protocol(tuple()) -> {ok, binary()} | {error, term()}.
negotiated_protocol(Socket) ->
    case cssl_socket:resource(Socket) of
        listening ->
            {error, enotconn};
        Res ->
            case cssl_nif:information(Res) of
                {ok, #{alpn_protocol := <<>>}} -> {error, protocol_not_negotiated};
                {ok, #{alpn_protocol := Protocol}} -> {ok, Protocol};
                Error -> Error
            end
    end.

%% export(Socket, Labels, Contexts, Lengths, Consume). Nothing is ever consumed: the secret stays as
%% long as the connection.
-spec export(tuple(), [binary()], [binary() | no_context], [pos_integer()], boolean()) ->
          {ok, binary() | [binary()]} | {error, term()}.
export(Socket, Labels, Contexts, Lengths, Consume)
  when is_list(Labels), is_list(Contexts), is_list(Lengths), is_boolean(Consume) ->
    Res = cssl_socket:resource(Socket),
    case length(Labels) =:= length(Contexts) andalso length(Labels) =:= length(Lengths) of
        true -> export_all(Res, Labels, Contexts, Lengths);
        false -> {error, bad_input}
    end.

export_all(listening, _, _, _) ->
    {error, enotconn};
export_all(Res, Labels, Contexts, Lengths) ->
    case cssl_nif:information(Res) of
        {ok, #{protocol := Protocol}} ->
            Results = lists:zipwith3(
                        fun(Label, Context, Length) ->
                                cssl_nif:export(Res, Label, context(Context), Length)
                        end, Labels, Contexts, Lengths),
            case [Why || {error, Why} <- Results] of
                [] when Protocol =:= 'tlsv1.2', length(Results) =:= 1 -> hd(Results);
                [] -> {ok, [Bytes || {ok, Bytes} <- Results]};
                _ -> {error, bad_input}
            end;
        Error ->
            Error
    end.

context(no_context) -> undefined;
context(Context) -> Context.

-spec update_keys(tuple(), write | read_write) -> ok | {error, term()}.
update_keys(Socket, Type) when Type =:= write; Type =:= read_write ->
    case cssl_socket:resource(Socket) of
        listening ->
            {error, enotconn};
        Res ->
            case cssl_nif:update_keys(Res, Type =:= read_write) of
                {error, {state, _, _}} -> {error, not_supported};
                {error, Why} -> {error, cssl_format:reason(Why)};
                ok -> ok
            end
    end;
update_keys(_, Type) ->
    {error, {illegal_parameter, Type}}.

%% prf/5 would need the master secret itself, which never leaves the library; what it was used for,
%% exporting, is export_key_materials.
-spec prf(tuple(), term(), binary(), [term()], non_neg_integer()) ->
          {ok, binary()} | {error, term()}.
prf(Socket, master_secret, Label, Seed, Length) ->
    case Seed of
        [client_random, server_random] ->
            case export(Socket, [Label], [no_context], [Length], false) of
                {ok, [Bytes]} -> {ok, Bytes};
                Result -> Result
            end;
        _ ->
            {error, not_supported}
    end;
prf(_, _, _, _, _) ->
    {error, not_supported}.
