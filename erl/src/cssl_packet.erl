%%% cssl_packet - packets other than raw: erlang:decode_packet/3 over what the library has
%%% decrypted, in the process that receives: the caller of recv, or a reactor.
-module(cssl_packet).

-export([recv/2, deliver/1, encode/2]).

-define(PACKET_MAX, 16#4000000). % bytes, as in gen_tcp

%% recv(Res, Timeout) is the next packet of a passive socket.
-spec recv(reference(), timeout()) -> {ok, term()} | {error, term()}.
recv(Res, Timeout) ->
    recv(Res, 1, cssl_wait:deadline(Timeout)).

recv(Res, AtLeast, Deadline) ->
    case cssl_wait:take(Res, AtLeast, Deadline) of
        {ok, Bytes, _} ->
            case cssl_nif:get(Res) of
                {ok, Options} -> recv(Res, Bytes, Options, Deadline);
                Error -> Error % closed meanwhile
            end;
        {error, Why} ->
            {error, cssl_format:reason(Why)}
    end.

recv(Res, Bytes, Options, Deadline) ->
    case decode(Bytes, Options) of
        {more, Length} ->
            cssl_nif:give(Res, Bytes),
            recv(Res, Length, Deadline);
        {packet, Packet, Rest, Next} ->
            next_type(Res, Options, Next),
            cssl_nif:give(Res, Rest),
            {ok, shape(Packet, Options)};
        invalid ->
            Data = invalid(Bytes, Options),
            cssl_nif:invalid(Res, Data),
            {error, {invalid_packet, Data}}
    end.

%% deliver(Res) sends packets of an active socket to its owner, for as long as it is active.
-spec deliver(reference()) -> ok.
deliver(Res) ->
    deliver(Res, 1).

deliver(Res, AtLeast) ->
    case cssl_nif:take(Res, AtLeast, undefined) of
        {ok, Bytes, false} ->
            cssl_nif:give(Res, Bytes);
        {ok, Bytes, true} ->
            case cssl_nif:get(Res) of
                {ok, Options} -> deliver(Res, Bytes, Options);
                {error, closed} -> ok
            end;
        {error, Owner, Socket, Why} ->
            Owner ! {ssl_error, Socket, cssl_format:reason(Why)},
            ok;
        _ ->
            ok
    end.

deliver(Res, Bytes, Options) ->
    case decode(Bytes, Options) of
        {more, Length} ->
            cssl_nif:give(Res, Bytes),
            deliver(Res, Length);
        {packet, Packet, Rest, Next} ->
            Type = element(3, Options),
            NextType = case Next of
                           same -> Type;
                           _ -> cssl_socket:packet_number(Next)
                       end,
            case cssl_nif:deliver(Res, Rest, shape(Packet, Options), Type, NextType) of
                again -> deliver(Res, 1);
                ok -> ok;
                passive -> ok
            end;
        invalid ->
            cssl_nif:invalid(Res, invalid(Bytes, Options))
    end.

decode(<<>>, _) ->
    {more, 1};
decode(Bytes, {_, _, Packet, Size, _, _, _}) ->
    Type = cssl_socket:packet_type(Packet),
    case erlang:decode_packet(Type, Bytes, [{packet_size, Size} | limit(Type, Size)]) of
        {ok, Term, Rest} -> {packet, Term, Rest, next(Type, Term)};
        {more, undefined} -> {more, byte_size(Bytes) + 1};
        {more, Length} when Length > ?PACKET_MAX -> invalid;
        {more, Length} -> {more, max(Length, byte_size(Bytes) + 1)};
        {error, _} -> invalid
    end.

limit(line, Size) when Size > 0 -> [{line_length, Size}];
limit(_, _) -> [].

%% After the first line of HTTP come headers, and after these the next first line.
next(http, {http_request, _, _, _}) -> httph;
next(http, {http_response, _, _, _}) -> httph;
next(http_bin, {http_request, _, _, _}) -> httph_bin;
next(http_bin, {http_response, _, _, _}) -> httph_bin;
next(httph, http_eoh) -> http;
next(httph_bin, http_eoh) -> http_bin;
next(_, _) -> same.

next_type(_, _, same) -> ok;
next_type(Res, _, Type) -> cssl_socket:emulated(Res, fun(Map) -> Map#{packet := Type} end).

shape(Bytes, {true, _, _, _, _, _, _}) when is_binary(Bytes) -> binary_to_list(Bytes);
shape(Bytes, {false, Header, _, _, _, _, _}) when is_binary(Bytes), Header > 0 ->
    case Bytes of
        <<Head:Header/binary, Rest/binary>> -> binary_to_list(Head) ++ Rest;
        _ -> binary_to_list(Bytes)
    end;
shape(Term, _) ->
    Term.

invalid(Bytes, {true, _, _, _, _, _, _}) -> binary_to_list(Bytes);
invalid(Bytes, _) -> Bytes.

%% encode(Type, Data) puts a length in front, where the type has one.
-spec encode(0..4 | atom(), iodata()) -> {ok, iodata()} | {error, term()}.
encode(Type, Data) when Type =:= 1; Type =:= 2; Type =:= 4 ->
    Length = iolist_size(Data),
    Max = (1 bsl (8 * Type)) - 1,
    case Length > Max of
        true -> {error, {badarg, {packet_to_large, Length, Max}}};
        false -> {ok, [<<Length:Type/unit:8>>, Data]}
    end;
encode(_, Data) ->
    {ok, Data}.
