%%% cssl_sockopt - inet's options that are the kernel's, for a descriptor that inet does not have.
%%% Options that only inet's driver has a use for are remembered by nobody: they are accepted.
-module(cssl_sockopt).

-export([set/2, get/2]).

%% Option => {Level, Number, Type}: Linux's numbers.
-define(KERNEL, #{keepalive => {1, 9, bool}, reuseaddr => {1, 2, bool},
                  reuseport => {1, 15, bool}, dontroute => {1, 5, bool}, linger => {1, 13, linger},
                  sndbuf => {1, 7, int}, recbuf => {1, 8, int}, priority => {1, 12, int},
                  bind_to_device => {1, 25, bytes}, nodelay => {6, 1, bool}, nopush => {6, 3, bool},
                  tos => {0, 1, int}, ttl => {0, 2, int}, recvtos => {0, 13, bool},
                  recvttl => {0, 12, bool}, tclass => {41, 67, int}, recvtclass => {41, 66, bool},
                  ipv6_v6only => {41, 26, bool}}).

%% What only inet's driver looks at, and what it would answer.
-define(DRIVER, #{buffer => 1460, high_watermark => 8192, low_watermark => 4096,
                  high_msgq_watermark => 8192, low_msgq_watermark => 4096, delay_send => false,
                  exit_on_close => true, show_econnreset => false, deliver => term,
                  read_packets => 5}).

-spec set(reference(), [tuple()]) -> ok | {error, term()}.
set(_, []) ->
    ok;
set(Res, [Option | Options]) ->
    case set_one(Res, Option) of
        ok -> set(Res, Options);
        Error -> Error
    end.

set_one(Res, {raw, Level, Number, Value}) when is_integer(Level), is_integer(Number),
                                                is_binary(Value) ->
    cssl_nif:setsockopt(Res, Level, Number, Value);
set_one(Res, {Name, Value}) when is_map_key(Name, ?KERNEL) ->
    {Level, Number, Type} = maps:get(Name, ?KERNEL),
    case encode(Type, Value) of
        error -> {error, einval};
        Binary -> cssl_nif:setsockopt(Res, Level, Number, Binary)
    end;
set_one(_, {Name, _}) when is_map_key(Name, ?DRIVER) ->
    ok;
set_one(_, _) ->
    {error, einval}.

%% get(Res, Name) is {ok, {Name, Value}}, {ok, none} where the kernel has no such option.
-spec get(reference(), atom() | tuple()) -> {ok, tuple() | none} | {error, term()}.
get(Res, {raw, Level, Number, Size}) when is_integer(Size) ->
    get_raw(Res, Level, Number, Size);
get(Res, {raw, Level, Number, Binary}) when is_binary(Binary) ->
    get_raw(Res, Level, Number, byte_size(Binary));
get(Res, Name) when is_map_key(Name, ?KERNEL) ->
    {Level, Number, Type} = maps:get(Name, ?KERNEL),
    case cssl_nif:getsockopt(Res, Level, Number, size(Type, get)) of
        {ok, Binary} -> {ok, {Name, decode(Type, Binary)}};
        {error, closed} -> {error, closed};
        {error, _} -> {ok, none}
    end;
get(_, Name) when is_map_key(Name, ?DRIVER) ->
    {ok, {Name, maps:get(Name, ?DRIVER)}};
get(_, _) ->
    {error, einval}.

get_raw(Res, Level, Number, Size) ->
    case cssl_nif:getsockopt(Res, Level, Number, Size) of
        {ok, Binary} -> {ok, {raw, Level, Number, Binary}};
        {error, closed} -> {error, closed};
        {error, _} -> {ok, none}
    end.

size(linger, get) -> 8;
size(bytes, get) -> 16;
size(_, get) -> 4.

encode(bool, true) -> <<1:32/native>>;
encode(bool, false) -> <<0:32/native>>;
encode(int, N) when is_integer(N), N >= -16#80000000, N < 16#80000000 -> <<N:32/native>>;
encode(linger, {On, N}) when is_boolean(On), is_integer(N), N >= 0, N < 16#80000000 ->
    <<(case On of true -> 1; false -> 0 end):32/native, N:32/native>>;
encode(bytes, Name) when is_binary(Name), byte_size(Name) < 16 -> <<Name/binary, 0>>;
encode(_, _) -> error.

decode(bool, <<N:32/native, _/binary>>) -> N =/= 0;
decode(int, <<N:32/native-signed, _/binary>>) -> N;
decode(linger, <<On:32/native, N:32/native-signed, _/binary>>) -> {On =/= 0, N};
decode(bytes, Binary) -> hd(binary:split(Binary, <<0>>));
decode(_, Binary) -> Binary.
