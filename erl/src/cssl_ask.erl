%%% cssl_ask - the user's funs: each of the library's questions is put to one of them. They run in a
%%% process of their own, one for a handshake at most, so that a fun which exits, calls its caller,
%%% or never returns harms nothing but its own handshake.
-module(cssl_ask).

-export([answer/4, stop/1, serve/1]).

-type asker() :: none | {pid(), reference()}.
-export_type([asker/0]).

%% answer(Asker, Question, Options, Deadline): what the library is to be told. A fun that fails is
%% a refusal.
-spec answer(asker(), map(), map(), cssl_wait:deadline()) ->
          {answer, atom(), byte(), binary() | reference() | undefined, asker(),
           cssl_format:details()} | {error, timeout}.
answer(none, Question, Options, Deadline) ->
    answer(spawn_monitor(?MODULE, serve, [self()]), Question, Options, Deadline);
answer({Pid, Monitor} = Asker, Question, Options, Deadline) ->
    Ref = make_ref(),
    Pid ! {ask, Ref, Question, Options},
    receive
        {answer, Ref, {Verdict, Alert, Value}, Details} ->
            {answer, Verdict, Alert, Value, Asker, Details};
        {'DOWN', Monitor, process, Pid, _} ->
            {answer, reject, 40, undefined, none, #{}}
    after cssl_wait:left(Deadline) ->
        stop(Asker),
        {error, timeout}
    end.

-spec stop(asker()) -> ok.
stop(none) ->
    ok;
stop({Pid, Monitor}) ->
    demonitor(Monitor, [flush]),
    exit(Pid, kill),
    ok.

%% serve(Caller) runs funs for a handshake of Caller, whose death is its own.
-spec serve(pid()) -> no_return().
serve(Caller) ->
    Monitor = monitor(process, Caller),
    serve(Caller, Monitor, #{}).

serve(Caller, Monitor, State) ->
    receive
        {ask, Ref, Question, Options} ->
            {Answer, State1} = cssl_funs:call(Question, Options, State),
            Caller ! {answer, Ref, Answer, maps:with([term], State1)},
            serve(Caller, Monitor, State1);
        {'DOWN', Monitor, process, Caller, _} ->
            exit(normal)
    end.
