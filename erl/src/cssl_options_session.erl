%%% Checks the options about what outlives a connection: tickets, early data, resumption in TLS 1.2,
%%% pre-shared keys. In the order and with the terms of OTP's ssl. Keeps no session.
-module(cssl_options_session).

-export([tickets/1, reuse/1, psk/1, ticket_bytes/2]).

-import(cssl_opt, [get/3, put/3, check/4, check_given/4, bad/2, clash/1, value/2, role/1,
                   needs_version/3, other_side/2]).

-type state() :: cssl_opt:state().

-define(TLS12, ['tlsv1.2']).
-define(TLS13, ['tlsv1.3']).

%%% Tickets and early data

-spec tickets(state()) -> state().
tickets(St) ->
    case role(St) of
        client -> client_tickets(St);
        server -> server_tickets(St)
    end.

client_tickets(St0) ->
    St1 = session_tickets([disabled, manual, auto], St0),
    St2 = client_early_data(use_ticket(St1)),
    other_side(stateless_tickets_seed, other_side(anti_replay, St2)).

server_tickets(St0) ->
    Modes = [disabled, stateful, stateless, stateful_with_cert, stateless_with_cert],
    St1 = session_tickets(Modes, St0),
    St2 = tickets_seed(anti_replay(server_early_data(St1))),
    early_data_and_seed(St2),
    other_side(use_ticket, St2).

session_tickets(Modes, St0) ->
    St = check(session_tickets, disabled, cssl_opt:one_of(Modes), St0),
    case value(session_tickets, St) of
        disabled -> St;
        _ -> needs_version(session_tickets, ?TLS13, St)
    end.

use_ticket(St) ->
    case get(use_ticket, undefined, St) of
        {default, _} ->
            put(use_ticket, undefined, St);
        {given, [_ | _] = Tickets} ->
            is_integer(catch length(Tickets)) orelse bad(use_ticket, Tickets),
            Mode = value(session_tickets, St),
            Mode =:= manual orelse clash([{use_ticket, Tickets}, {session_tickets, Mode}]),
            put(use_ticket, Tickets, St);
        {given, Other} ->
            bad(use_ticket, Other)
    end.

client_early_data(St0) ->
    St = check(early_data, undefined, fun is_binary/1, St0),
    case {value(early_data, St), value(session_tickets, St), value(use_ticket, St)} of
        {undefined, _, _} -> St;
        {_, disabled, _} -> clash([early_data, {session_tickets, disabled}]);
        {_, manual, undefined} ->
            clash([early_data, {session_tickets, manual}, {use_ticket, undefined}]);
        _ -> St
    end.

server_early_data(St0) ->
    St = check(early_data, disabled, cssl_opt:one_of([enabled, disabled]), St0),
    value(early_data, St) =:= enabled andalso value(session_tickets, St) =:= disabled
        andalso clash([early_data, {session_tickets, disabled}]),
    St.

anti_replay(St) ->
    case get(anti_replay, undefined, St) of
        {_, undefined} ->
            put(anti_replay, undefined, St);
        {given, Value} ->
            Mode = value(session_tickets, St),
            is_stateless(Mode) orelse clash([{anti_replay, Value}, {session_tickets, Mode}]),
            put(anti_replay, filter_size(Value), St)
    end.

%% {Seconds, Bits set for an entry, Bits in all}
filter_size('10k') -> {10, 5, 72985};
filter_size('100k') -> {10, 5, 729845};
filter_size({Window, Hashes, Bits} = Size) ->
    lists:all(fun(N) -> cssl_opt:positive(N) andalso N < 1 bsl 32 end, [Window, Hashes, Bits])
        orelse bad(anti_replay, Size),
    Size;
filter_size(Other) -> bad(anti_replay, Other).

%% A seed that can be guessed opens all tickets: less than 128 bits are refused.
tickets_seed(St) ->
    case get(stateless_tickets_seed, undefined, St) of
        {default, _} ->
            put(stateless_tickets_seed, undefined, St);
        {given, Seed} ->
            is_binary(Seed) orelse bad(stateless_tickets_seed, Seed),
            Mode = value(session_tickets, St),
            is_stateless(Mode) orelse clash([stateless_tickets_seed, {session_tickets, Mode}]),
            byte_size(Seed) >= 16 orelse bad(stateless_tickets_seed, Seed),
            put(stateless_tickets_seed, Seed, St)
    end.

%% Servers with one seed do not know what the others have seen: early data could be replayed there.
early_data_and_seed(St) ->
    value(early_data, St) =:= enabled andalso value(stateless_tickets_seed, St) =/= undefined
        andalso clash([early_data, stateless_tickets_seed]).

is_stateless(Mode) ->
    Mode =:= stateless orelse Mode =:= stateless_with_cert.

%% The bytes of the ticket to use: the newest one for the host, or else the first. Tickets are the
%% maps of {ssl, session_ticket, Map}.
-spec ticket_bytes([term()], term()) -> binary() | none.
ticket_bytes(Tickets, Sni) ->
    case [T || #{sni := For} = T <- Tickets, same_host(For, Sni)] ++ Tickets of
        [#{ticket := Bytes} | _] when is_binary(Bytes) -> Bytes;
        _ -> none
    end.

same_host(A, B) ->
    text(A) =:= text(B).

text(Text) when is_list(Text); is_binary(Text) ->
    case catch unicode:characters_to_list(Text) of
        Chars when is_list(Chars) -> string:lowercase(Chars);
        _ -> Text
    end;
text(Other) -> Other.

%%% Sessions of TLS 1.2

-spec reuse(state()) -> state().
reuse(St) ->
    Modes = case role(St) of
                client -> [true, false, save];
                server -> [true, false]
            end,
    reuse_session(needs_version(reuse_sessions, ?TLS12,
                                check(reuse_sessions, true, cssl_opt:one_of(Modes), St))).

%% A server's fun would veto a resumption. Here a session is resumed under what it was verified for,
%% and there is nothing to veto: a fun that expects to be called is refused.
reuse_session(St0) ->
    St = case role(St0) of
             client -> check(reuse_session, undefined, fun session/1, St0);
             server -> check_given(reuse_session, undefined, fun(_) -> false end, St0)
         end,
    needs_version(reuse_session, ?TLS12, St).

session({Id, Data}) -> is_binary(Id) andalso is_binary(Data);
session(Id) -> is_binary(Id).

%%% Pre-shared keys of TLS 1.2

-spec psk(state()) -> state().
psk(St0) ->
    St1 = needs_version(psk_identity, ?TLS12,
                        check(psk_identity, undefined, fun is_string/1, St0)),
    case value(psk_identity, St1) of
        undefined -> ok;
        Identity -> identity_length(Identity) orelse bad(psk_identity, {psk_identity, Identity})
    end,
    St2 = check(user_lookup_fun, undefined, fun lookup_fun/1, srp(St1)),
    needs_version(user_lookup_fun, ?TLS12, St2).

identity_length(Identity) ->
    Size = byte_size(unicode:characters_to_binary(Identity)),
    Size > 0 andalso Size < 65536.

lookup_fun({Fun, _}) -> is_function(Fun, 3);
lookup_fun(_) -> false.

%% SRP rests on SHA-1 and has no suite with an AEAD: it is not here.
srp(St) ->
    case get(srp_identity, undefined, St) of
        {default, _} ->
            St;
        {given, {User, Password} = Value} ->
            is_string(User) andalso is_string(Password) orelse bad(srp_identity, Value),
            needs_version(srp_identity, ?TLS12, St),
            User =/= [] orelse bad(srp_identity, {srp_identity, undefined}),
            bad(srp_identity, Value);
        {given, Other} ->
            bad(srp_identity, Other)
    end.

is_string(Text) ->
    is_list(Text) andalso is_integer(catch length(Text))
        andalso is_binary(catch unicode:characters_to_binary(Text)).
