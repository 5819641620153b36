%%% cssl_wait - where processes wait: in recv, send, accept and the handshake. It holds the loops
%%% and nothing else, so that it stays as it is when the rest is upgraded: a process that waits in a
%%% module which is loaded twice more is killed.
-module(cssl_wait).

-export([recv/3, take/3, send/3, accept/2, handshake/2, close/2, renegotiate/1, downgrade/2,
         deadline/1, left/1]).

-type deadline() :: infinity | integer().
-export_type([deadline/0]).

-spec deadline(timeout()) -> deadline().
deadline(infinity) -> infinity;
deadline(Ms) -> erlang:monotonic_time(millisecond) + Ms.

-spec left(deadline()) -> timeout().
left(infinity) -> infinity;
left(Deadline) -> max(0, Deadline - erlang:monotonic_time(millisecond)).

%% recv(Res, Length, Timeout) is {ok, Data} or {error, Why}; nothing is lost by a timeout.
recv(Res, Length, Timeout) ->
    Ref = make_ref(),
    case cssl_nif:recv(Res, Length, Ref) of
        select -> read_wait(recv, Res, Length, Ref, deadline(Timeout));
        Result -> Result
    end.

%% take(Res, AtLeast, Deadline) is {ok, Bytes, Active}, for packets that are decoded in Erlang.
take(Res, AtLeast, Deadline) ->
    Ref = make_ref(),
    case cssl_nif:take(Res, AtLeast, Ref) of
        select -> read_wait(take, Res, AtLeast, Ref, Deadline);
        Result -> Result
    end.

%% read_wait(recv | take, ...): the library's function of that name is called when there is news.
read_wait(Call, Res, Length, Ref, Deadline) ->
    receive
        {select, Res, Ref, _} -> read_again(Call, Res, Length, Ref, Deadline);
        {wake, Res} -> read_again(Call, Res, Length, Ref, Deadline)
    after left(Deadline) ->
        cancel(Res, read, Ref),
        {error, timeout}
    end.

read_again(Call, Res, Length, Ref, Deadline) ->
    case cssl_nif:Call(Res, Length, Ref) of
        select -> read_wait(Call, Res, Length, Ref, Deadline);
        Data when element(1, Data) =:= ok -> Data;
        Result -> forget(Res, Ref), Result
    end.

%% forget(Res, Ref): something else than data came; there may be messages of both kinds. Who waits
%% first for connections may be told of two, while another process took the first.
forget(Res, Ref) ->
    receive {select, Res, Ref, _} -> forget(Res, Ref) after 0 -> ok end,
    receive {wake, Res} -> ok after 0 -> ok end.

%% send(Res, Data, Timeout) is ok when all is with the kernel.
send(Res, Data, Timeout) ->
    Ref = make_ref(),
    case cssl_nif:send(Res, Data, 0, Ref) of
        ok -> ok;
        {error, _} = Error -> Error;
        First -> send_on(First, Res, Data, 0, Ref, deadline(Timeout))
    end.

send(Res, Data, At, Ref, Deadline) ->
    send_on(cssl_nif:send(Res, Data, At, Ref), Res, Data, At, Ref, Deadline).

send_on(ok, _, _, _, _, _) ->
    ok;
send_on({again, At}, Res, Data, _, Ref, Deadline) ->
    send(Res, Data, At, Ref, Deadline);
send_on({select, At}, Res, Data, _, Ref, Deadline) ->
    receive
        {select, Res, Ref, _} -> send(Res, Data, At, Ref, Deadline);
        {turn, Res} -> send(Res, Data, At, Ref, Deadline)
    after left(Deadline) ->
        cancel(Res, write, Ref),
        cssl_nif:leave(Res),
        no_turn(Res),
        {error, timeout}
    end;
send_on(busy, Res, Data, At, Ref, Deadline) ->
    receive
        {turn, Res} -> send(Res, Data, At, Ref, Deadline)
    after left(Deadline) ->
        cssl_nif:leave(Res),
        no_turn(Res),
        {error, timeout}
    end;
send_on({error, _} = Error, Res, _, _, Ref, _) ->
    receive {select, Res, Ref, _} -> ok after 0 -> ok end,
    no_turn(Res),
    Error.

no_turn(Res) ->
    receive {turn, Res} -> ok after 0 -> ok end.

%% accept(Listener, Timeout) is {ok, Res} or {error, Why}.
accept(Listener, Timeout) ->
    Ref = make_ref(),
    case cssl_nif:accept(Listener, Ref) of
        select -> accept(Listener, Ref, deadline(Timeout));
        Result -> Result
    end.

accept(Listener, Ref, Deadline) ->
    receive
        {select, Listener, Ref, _} ->
            case cssl_nif:accept(Listener, Ref) of
                select -> accept(Listener, Ref, Deadline);
                Result -> forget(Listener, Ref), Result
            end
    after left(Deadline) ->
        cssl_nif:accept_cancel(Listener),
        forget(Listener, Ref),
        {error, timeout}
    end.

%% handshake(Res, Deadline) runs until the end, a question or the pause at the hello.
handshake(Res, Deadline) ->
    Ref = make_ref(),
    handshake(Res, Ref, Deadline).

handshake(Res, Ref, Deadline) ->
    case cssl_nif:handshake(Res, Ref) of
        select ->
            receive
                {select, Res, Ref, _} -> handshake(Res, Ref, Deadline);
                {wake, Res} -> handshake(Res, Ref, Deadline)
            after left(Deadline) ->
                cancel(Res, read, Ref),
                cancel(Res, write, Ref),
                {error, timeout}
            end;
        {error, _} = Error ->
            forget(Res, Ref),
            Error;
        Result ->
            Result
    end.

%% close(Res, Timeout) says close_notify and gives the peer so much time to answer.
close(Res, Timeout) ->
    Ref = make_ref(),
    close(Res, Ref, deadline(Timeout)).

close(Res, Ref, Deadline) ->
    case cssl_nif:close(Res, Ref) of
        Over when Over =:= ok; Over =:= closed ->
            forget(Res, Ref),
            Over;
        select ->
            receive
                {select, Res, Ref, _} -> close(Res, Ref, Deadline);
                {wake, Res} -> close(Res, Ref, Deadline)
            after left(Deadline) ->
                cssl_nif:drop(Res),
                receive {select, Res, Ref, _} -> ok after 0 -> ok end
            end
    end.

cancel(Res, What, Ref) ->
    case cssl_nif:cancel(Res, What) of
        ok -> ok;
        false -> forget(Res, Ref)
    end.

%% renegotiate(Res) waits for the new handshake's end; the socket's data waits meanwhile.
renegotiate(Res) ->
    case cssl_nif:renegotiate(Res) of
        ok -> renegotiated(Res, make_ref());
        {error, closed} -> {error, closed};
        {error, {state, 'NOT_NOW', _}} -> {error, already_renegotiating};
        {error, _} -> {error, notsup}
    end.

renegotiated(Res, Ref) ->
    case cssl_nif:renegotiated(Res, Ref) of
        select -> receive {select, Res, Ref, _} -> renegotiated(Res, Ref) end;
        wait -> receive {renegotiated, Res} -> renegotiated(Res, Ref) end;
        Result -> Result
    end.

%% downgrade(Res, Timeout) is {ok, Fd, Family, Rest} when both sides have said close_notify.
downgrade(Res, Timeout) ->
    Ref = make_ref(),
    downgrade(Res, Ref, deadline(Timeout)).

downgrade(Res, Ref, Deadline) ->
    case cssl_nif:downgrade(Res, Ref) of
        select ->
            receive
                {select, Res, Ref, _} -> downgrade(Res, Ref, Deadline);
                {wake, Res} -> downgrade(Res, Ref, Deadline)
            after left(Deadline) ->
                cssl_nif:drop(Res),
                receive {select, Res, Ref, _} -> ok after 0 -> ok end,
                {error, timeout}
            end;
        Result ->
            Result
    end.
