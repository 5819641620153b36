%%% cssl_handshake - a handshake from the side of Erlang: it waits, answers the library's questions
%%% with the user's funs, and pauses at the hello. The user's funs run in a process of their own.
-module(cssl_handshake).

-export([run/3, continue/4, cancel/1]).

%% run(Res, Options, Timeout) is {ok, Socket}, {hello, Map} or {error, Reason}. Options is what
%% cssl_options made. When it fails the connection is gone.
-spec run(reference(), map(), timeout()) -> {ok, tuple()} | {hello, map()} | {error, term()}.
run(Res, Options, Timeout) ->
    run(Res, Options, cssl_wait:deadline(Timeout), none).

run(Res, Options, Deadline, Asker) ->
    case cssl_wait:handshake(Res, Deadline) of
        ok ->
            cssl_ask:stop(Asker),
            opened(Res, Options);
        {hello, Hello} ->
            cssl_ask:stop(Asker),
            {hello, Hello};
        {ask, Question} ->
            case cssl_ask:answer(Asker, Question, Options, Deadline) of
                {answer, Verdict, Alert, Value, Asker1, Details} ->
                    answered(Res, Options#{details => Details}, Deadline, Asker1,
                             cssl_nif:answer(Res, maps:get(id, Question), Verdict, Alert, Value));
                {error, timeout} ->
                    timed_out(Res)
            end;
        {error, timeout} ->
            cssl_ask:stop(Asker),
            timed_out(Res);
        {error, Why} ->
            cssl_ask:stop(Asker),
            {error, cssl_format:reason(Why, maps:get(details, Options, #{}))}
    end.

answered(Res, Options, Deadline, Asker, ok) ->
    run(Res, Options, Deadline, Asker);
answered(_, #{details := Details}, _, Asker, {error, Why}) ->
    cssl_ask:stop(Asker),
    {error, cssl_format:reason(Why, Details)}.

timed_out(Res) ->
    cssl_nif:cancel_handshake(Res),
    {error, timeout}.

opened(Res, #{emulated := Emulated} = Options) ->
    ok = cssl_socket:apply_emulated(Res, Emulated),
    tell_early_data(Res, Options),
    case maps:get(active, Emulated, true) of
        false -> cssl_nif:start(Res);
        Active -> cssl_nif:active(Res, Active, false)
    end,
    {ok, cssl_socket:term(Res)}.

%% A client that has early data is told what became of it. What was not even sent was not accepted.
tell_early_data(Res, #{role := client, funs := #{early_data := true}}) ->
    Result = case cssl_nif:information(Res) of
                 {ok, #{early_data_accepted := true}} -> accepted;
                 _ -> rejected
             end,
    self() ! {ssl, cssl_socket:term(Res), {early_data, Result}},
    ok;
tell_early_data(_, _) ->
    ok.

%% continue(Res, Config, Options, Timeout) goes on after the hello; Config is undefined when the
%% options have not changed.
-spec continue(reference(), reference() | undefined, map(), timeout()) ->
          {ok, tuple()} | {error, term()}.
continue(Res, Config, Options, Timeout) ->
    case cssl_nif:continue(Res, Config) of
        ok -> run(Res, Options, Timeout);
        {error, Why} -> {error, cssl_format:reason(Why)}
    end.

-spec cancel(reference()) -> ok.
cancel(Res) ->
    cssl_nif:cancel_handshake(Res).
