%%% The options of a socket: those that ssl emulates above TLS (mode, packet, ...), those that go to
%%% the transport as they are, and cb_info, which names it. Opens nothing.
-module(cssl_options_inet).

-export([split/1, emulated/2, transport/1, cb_info/1, valid/2, defaults/0, setopts/1]).

-type emulated() :: #{mode := list | binary, packet := term(), packet_size := term(),
                      header := term(), active := term()}.
-export_type([emulated/0]).

%% Parts a user's list: TLS options by name (the last one counts), emulated options and the rest in
%% order. Throws what is neither a pair nor an atom that inet has.
-spec split([term()]) -> {map(), [{atom(), term()}], [term()]}.
split(Options) ->
    {Tls, Emulated, Inet} = lists:foldl(fun split/2, {#{}, [], []}, Options),
    {aliases(Tls), lists:reverse(Emulated), lists:reverse(Inet)}.

split({Name, Value}, {Tls, Emulated, Inet}) when is_atom(Name) ->
    case kind(Name) of
        tls -> {Tls#{Name => Value}, Emulated, Inet};
        emulated -> {Tls, [{Name, Value} | Emulated], Inet};
        ignored -> {Tls, Emulated, Inet};
        inet -> {Tls, Emulated, [{Name, Value} | Inet]}
    end;
split(Mode, {Tls, Emulated, Inet}) when Mode =:= binary; Mode =:= list ->
    {Tls, [{mode, Mode} | Emulated], Inet};
split(Family, {Tls, Emulated, Inet}) when Family =:= inet; Family =:= inet6 ->
    {Tls, Emulated, [Family | Inet]};
split({raw, _, _, _} = Raw, {Tls, Emulated, Inet}) ->
    {Tls, Emulated, [Raw | Inet]};
split([], Parts) ->
    Parts;
split(Other, _) ->
    cssl_opt:bad(option_not_a_key_value_tuple, Other).

kind(Name) ->
    case lists:member(Name, [mode, packet, packet_size, header, active]) of
        true -> emulated;
        false ->
            case maps:is_key(Name, cssl_options:names()) of
                true -> tls;
                false when Name =:= ssl_imp; Name =:= next_protocol_selector -> ignored;
                false -> inet
            end
    end.

%% log_alert is log_level of old.
aliases(#{log_alert := false} = Tls) when not is_map_key(log_level, Tls) ->
    maps:remove(log_alert, Tls#{log_level => none});
aliases(Tls) ->
    maps:remove(log_alert, Tls).

-spec emulated([{atom(), term()}], emulated()) -> emulated().
emulated(Given, Defaults) ->
    lists:foldl(fun({Name, Value}, Acc) ->
                        valid(Name, Value) orelse cssl_opt:bad(Name, Value),
                        Acc#{Name => Value}
                end, Defaults, Given).

%% What setopts/2 is given, checked as far as it can be without the socket. Whatever is not emulated
%% is the transport's, which knows none of the TLS options.
-spec setopts([term()]) -> {ok, [{atom(), term()} | tuple()]} | {error, term()}.
setopts(Options) when is_list(Options) ->
    case is_integer(catch length(Options)) of
        true -> check_setopts([mode_pair(Option) || Option <- Options, Option =/= []]);
        false -> {error, {options, {not_a_proplist, Options}}}
    end;
setopts(Options) ->
    {error, {options, {not_a_proplist, Options}}}.

mode_pair(Mode) when Mode =:= binary; Mode =:= list -> {mode, Mode};
mode_pair(Option) -> Option.

check_setopts(Options) ->
    Inet = [O || O <- Options, not is_emulated(O)],
    case {[O || {Name, Value} = O <- Options -- Inet, not valid(Name, Value)],
          lists:all(fun is_inet/1, Inet)} of
        {[Bad | _], _} -> {error, {options, {socket_options, Bad}}};
        {[], false} -> {error, {options, {socket_options, Inet, einval}}};
        {[], true} -> {ok, Options}
    end.

is_emulated({Name, _}) when is_atom(Name) -> kind(Name) =:= emulated;
is_emulated(_) -> false.

is_inet({Name, _}) when is_atom(Name) -> kind(Name) =:= inet;
is_inet({raw, _, _, _}) -> true;
is_inet(_) -> false.

-spec defaults() -> emulated().
defaults() ->
    #{mode => list, packet => 0, packet_size => 0, header => 0, active => true}.

-spec valid(atom(), term()) -> boolean().
valid(mode, Value) ->
    Value =:= list orelse Value =:= binary;
valid(packet, Value) ->
    lists:any(fun(V) -> V =:= Value end,
              [raw, 0, 1, 2, 4, asn1, cdr, sunrm, fcgi, tpkt, line, http, http_bin, httph,
               httph_bin]);
valid(active, N) when is_integer(N) ->
    N >= -32768 andalso N =< 32767;
valid(active, Value) ->
    lists:member(Value, [true, false, once]);
valid(Name, Value) when Name =:= packet_size; Name =:= header ->
    is_integer(Value) andalso Value >= 0.

%% What the transport is opened with: the user's own, then what TLS needs of it.
-spec transport([term()]) -> [term()].
transport(Inet) ->
    Inet ++ [{packet_size, 0}, {packet, 0}, {header, 0}, {active, false}, {mode, binary}].

-spec cb_info(map()) -> {module(), atom(), atom(), atom(), atom()}.
cb_info(Given) ->
    case maps:get(cb_info, Given, {gen_tcp, tcp, tcp_closed, tcp_error, tcp_passive}) of
        {Transport, Data, Closed, Error} when is_atom(Transport) ->
            {Transport, Data, Closed, Error, passive_tag(Data)};
        {Transport, _, _, _, _} = Info when is_atom(Transport) ->
            Info;
        Other ->
            cssl_opt:bad(cb_info, Other)
    end.

passive_tag(Data) when is_atom(Data) ->
    list_to_atom(atom_to_list(Data) ++ "_passive");
passive_tag(_) ->
    tcp_passive.
