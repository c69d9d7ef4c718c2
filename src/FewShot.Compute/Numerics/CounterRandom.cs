using System.Runtime.CompilerServices;

namespace FewShot.Compute.Numerics;

/// <summary>
/// A counter-based random generator, Philox4x32-10 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3"): the numbers are a
/// pure function of (seed, stream, index), so task i can be drawn on any thread without drawing the tasks before it. A mutable value: pass
/// it by reference, since a copy repeats numbers.
/// </summary>
public struct CounterRandom
{
    private readonly uint _key0,
        _key1,
        _stream,
        _index0,
        _index1;
    private uint _block,
        _word0,
        _word1,
        _word2,
        _word3;
    private int _unread;
    private double _spareNormal;
    private bool _hasSpareNormal;

    /// <summary>
    /// Starts the sequence of one (seed, stream, index). Different triples give independent sequences of 2^34 numbers each.
    /// </summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stream">What the numbers are for, for example a split.</param>
    /// <param name="index">The number of the item in the stream.</param>
    public CounterRandom(ulong seed, uint stream, ulong index)
    {
        _key0 = (uint)seed;
        _key1 = (uint)(seed >> 32);
        this._stream = stream;
        _index0 = (uint)index;
        _index1 = (uint)(index >> 32);
    }

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_unread == 0)
        {
            (_word0, _word1, _word2, _word3) = Philox(_block++, _stream, _index0, _index1, _key0, _key1);
            _unread = 4;
        }

        return _unread-- switch
        {
            4 => _word0,
            3 => _word1,
            2 => _word2,
            _ => _word3,
        };
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64() => NextUInt32() | ((ulong)NextUInt32() << 32);

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A uniform number in [0, 1) with 24 random bits.</summary>
    public float NextSingle() => (NextUInt32() >> 8) * (1f / (1 << 24));

    /// <summary>A uniform number in [low, high).</summary>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    public double Uniform(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>A uniform whole number in [0, bound), without bias (Lemire 2019).</summary>
    /// <param name="bound">The exclusive upper bound, at least 1.</param>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        ulong product = (ulong)NextUInt32() * (uint)bound;
        if ((uint)product < (uint)bound)
        {
            uint threshold = (uint)-bound % (uint)bound;
            while ((uint)product < threshold)
            {
                product = (ulong)NextUInt32() * (uint)bound;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>A standard normal number (Box and Muller 1958).</summary>
    public double NextNormal()
    {
        if (_hasSpareNormal)
        {
            _hasSpareNormal = false;
            return _spareNormal;
        }

        // 1 - u lies in (0, 1], so the logarithm is finite.
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        (double sine, double cosine) = Math.SinCos(2 * Math.PI * NextDouble());
        _spareNormal = radius * sine;
        _hasSpareNormal = true;
        return radius * cosine;
    }

    /// <summary>Puts items into a random order, every order being equally likely.</summary>
    /// <param name="items">The items to reorder in place.</param>
    /// <typeparam name="T">The type of an item.</typeparam>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = NextInt32(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>
    /// Chooses as many different numbers of 0 to <paramref name="count"/> - 1 as there is room for, in random order, every choice being
    /// equally likely.
    /// </summary>
    /// <param name="count">How many numbers there are to choose from.</param>
    /// <param name="chosen">Receives the choice, as many numbers as there is room for.</param>
    /// <exception cref="ArgumentException">There are fewer to choose from than asked for.</exception>
    public void Choose(int count, Span<int> chosen)
    {
        if (chosen.Length > count)
        {
            throw new ArgumentException($"Cannot choose {chosen.Length} different numbers of {count}.", nameof(count));
        }

        // Draw a rank among the numbers not chosen yet and step over the chosen ones, kept sorted: exact, without a table of all numbers.
        Span<int> sorted = chosen.Length <= 512 ? stackalloc int[chosen.Length] : new int[chosen.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            int value = NextInt32(count - i);
            int place = 0;
            while (place < i && sorted[place] <= value)
            {
                value++;
                place++;
            }

            sorted[place..i].CopyTo(sorted[(place + 1)..]);
            sorted[place] = value;
            chosen[i] = value;
        }
    }

    /// <summary>Ten rounds of the Philox bijection on four 32-bit words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (uint Word0, uint Word1, uint Word2, uint Word3) Philox(
        uint counter0,
        uint counter1,
        uint counter2,
        uint counter3,
        uint key0,
        uint key1
    )
    {
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = 0xD2511F53UL * counter0;
            ulong product1 = 0xCD9E8D57UL * counter2;
            (counter0, counter1, counter2, counter3) = (
                (uint)(product1 >> 32) ^ counter1 ^ key0,
                (uint)product1,
                (uint)(product0 >> 32) ^ counter3 ^ key1,
                (uint)product0
            );
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }

        return (counter0, counter1, counter2, counter3);
    }
}
