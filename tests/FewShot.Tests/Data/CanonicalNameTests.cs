using System.Security.Cryptography;
using System.Text;
using FewShot.Data.Naming;
using Xunit;

namespace FewShot.Tests.Data;

public sealed class CanonicalNameTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("caf\u00e9", "cafe\u0301")]
    [InlineData("cafe\u0301", "cafe\u0301")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u1ed9", "o\u0323\u0302")]
    [InlineData("\ud55c", "\u1112\u1161\u11ab")]
    [InlineData("\u212b", "A\u030a")]
    public void Equal_spellings_become_one(string name, string canonical) => Assert.Equal(canonical, CanonicalName.Of(name));

    // The hash is of Python's unicodedata (14.0) for every code point between marks.
    [Fact]
    public void Every_code_point_is_decomposed_as_Unicode_says()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int point = 0; point < 0x110000; point++)
        {
            if (Rune.IsValid(point))
            {
                hash.AppendData(Encoding.UTF8.GetBytes(CanonicalName.Of($"a\u0301{new Rune(point)}\u0323\u0301")));
            }
        }

        Assert.Equal("73afd953c6f4efb02e4616bd7c1e5351f644e4e297fe1198685e071c160c429b", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
