# Polynomials for float32, written by tools/coefficients/float32.py --tables. The first three tables are for what
# becomes of z = exp(-|x|) = 2**-k exp(s), |s| <= log(2)/2, by octaves k = 31 .. 0: R(shift, shift - k STEP_LOW32,
# coefficients of 1 .. (s + shift)**6) stands for the quantity times 2**k. The last is for logarithms, by 32
# cells of (1/2, 1]: R(a number near the inverse of the middle, its logarithm).

cdef extern from *:
    """
    /* log1p(z), less 1/2 in the first two octaves: relative error 0.056 of 2**-24 at most */
    #define BCEKIT_SOFTPLUS32(R) \\
        R(0x1.60e7a6p-32f, -0x1.f86dfp-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.55548ep-3f, 0x1.55598p-5f, 0x1.123b3p-7f, 0x1.69e798p-10f) \\
        R(0x1.839e94p-34f, -0x1.ea118ep-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.55548ep-3f, 0x1.555988p-5f, 0x1.123b02p-7f, 0x1.69dcbp-10f) \\
        R(-0x1.9f185cp-32f, -0x1.ddb52ep-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.55548cp-3f, 0x1.55597cp-5f, 0x1.123bc6p-7f, 0x1.69e626p-10f) \\
        R(-0x1.67c618p-30f, -0x1.d558ccp-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555488p-3f, 0x1.555962p-5f, 0x1.123d46p-7f, 0x1.69fa9ep-10f) \\
        R(-0x1.b3e30cp-29f, -0x1.d4fc6cp-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555482p-3f, 0x1.55594ap-5f, 0x1.123f3ep-7f, 0x1.6a0698p-10f) \\
        R(-0x1.d9f186p-28f, -0x1.e4a00ap-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555474p-3f, 0x1.555902p-5f, 0x1.124442p-7f, 0x1.6a37c2p-10f) \\
        R(-0x1.ecf8c4p-27f, -0x1.0a21d4p-24f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffff8p-2f, \\
          0x1.555456p-3f, 0x1.55599ap-5f, 0x1.124f6cp-7f, 0x1.69f18cp-10f) \\
        R(-0x1.f67c62p-26f, -0x1.41f3a4p-24f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffff8p-2f, \\
          0x1.55541cp-3f, 0x1.55587p-5f, 0x1.12648cp-7f, 0x1.6ac12cp-10f) \\
        R(0x1.3073fcp-31f, -0x1.738ae8p-25f, \\
          0x1.fffffep-1f, 0x1.fffffep-1f, 0x1.fffff6p-2f, \\
          0x1.55537ap-3f, 0x1.5554b8p-5f, 0x1.12ad58p-7f, 0x1.6e1a54p-10f) \\
        R(0x1.30757ap-31f, -0x1.632e8p-25f, \\
          0x1.fffffcp-1f, 0x1.fffffap-1f, 0x1.ffffeep-2f, \\
          0x1.55537p-3f, 0x1.5554a4p-5f, 0x1.12accap-7f, 0x1.6e188ap-10f) \\
        R(0x1.307c76p-31f, -0x1.52d204p-25f, \\
          0x1.fffff8p-1f, 0x1.fffff2p-1f, 0x1.ffffdep-2f, \\
          0x1.55535ap-3f, 0x1.555478p-5f, 0x1.12acfp-7f, 0x1.6e193ap-10f) \\
        R(0x1.309a6ep-31f, -0x1.42752ap-25f, \\
          0x1.fffffp-1f, 0x1.ffffe2p-1f, 0x1.ffffbep-2f, \\
          0x1.55533p-3f, 0x1.555424p-5f, 0x1.12abfap-7f, 0x1.6e166ap-10f) \\
        R(0x1.31165ep-31f, -0x1.3216dap-25f, \\
          0x1.ffffep-1f, 0x1.ffffc2p-1f, 0x1.ffff7ep-2f, \\
          0x1.5552dap-3f, 0x1.555378p-5f, 0x1.12ab54p-7f, 0x1.6e14fcp-10f) \\
        R(0x1.330e3ep-31f, -0x1.21b29ap-25f, \\
          0x1.ffffcp-1f, 0x1.ffff82p-1f, 0x1.fffefep-2f, \\
          0x1.55523p-3f, 0x1.555224p-5f, 0x1.12a8c2p-7f, 0x1.6e0dep-10f) \\
        R(0x1.3afep-31f, -0x1.113678p-25f, \\
          0x1.ffff8p-1f, 0x1.ffff02p-1f, 0x1.fffdfep-2f, \\
          0x1.5550dcp-3f, 0x1.554f6ap-5f, 0x1.12a3b2p-7f, 0x1.6e1404p-10f) \\
        R(0x1.5add8ap-31f, -0x1.005a9ap-25f, \\
          0x1.ffffp-1f, 0x1.fffe02p-1f, 0x1.fffbfep-2f, \\
          0x1.554e32p-3f, 0x1.554a1ap-5f, 0x1.129acap-7f, 0x1.6df896p-10f) \\
        R(0x1.da9cdcp-31f, -0x1.dbfe78p-26f, \\
          0x1.fffep-1f, 0x1.fffc02p-1f, 0x1.fff7fep-2f, \\
          0x1.5548dep-3f, 0x1.553f8ep-5f, 0x1.128932p-7f, 0x1.6dae42p-10f) \\
        R(0x1.ed0ea6p-30f, -0x1.ab49b2p-26f, \\
          0x1.fffcp-1f, 0x1.fff802p-1f, 0x1.ffeffep-2f, \\
          0x1.553e3ep-3f, 0x1.552a7cp-5f, 0x1.126226p-7f, 0x1.6d1ed4p-10f) \\
        R(0x1.7b258cp-28f, -0x1.4a9878p-26f, \\
          0x1.fff8p-1f, 0x1.fff002p-1f, 0x1.ffdffep-2f, \\
          0x1.552914p-3f, 0x1.5500ep-5f, 0x1.120a2ap-7f, 0x1.6b9228p-10f) \\
        R(0x1.5ebddcp-26f, -0x1.4f59ep-29f, \\
          0x1.fffp-1f, 0x1.ffe002p-1f, 0x1.ffcp-2f, \\
          0x1.54fefep-3f, 0x1.54ae5p-5f, 0x1.1141bep-7f, 0x1.679734p-10f) \\
        R(0x1.5e42e6p-26f, -0x1.35aep-31f, \\
          0x1.ffe002p-1f, 0x1.ffc008p-1f, 0x1.ff8012p-2f, \\
          0x1.54a9dp-3f, 0x1.54041p-5f, 0x1.102cd8p-7f, 0x1.64be0ep-10f) \\
        R(0x1.5aad44p-26f, 0x1.375bp-30f, \\
          0x1.ffc00ap-1f, 0x1.ff802p-1f, 0x1.ff005ap-2f, \\
          0x1.53ffb8p-3f, 0x1.52b054p-5f, 0x1.0e06eep-7f, 0x1.5f237p-10f) \\
        R(0x1.3e812p-26f, 0x1.8024ep-30f, \\
          0x1.ff802ap-1f, 0x1.ff008p-1f, 0x1.fe017ap-2f, \\
          0x1.52ac9cp-3f, 0x1.500bcep-5f, 0x1.09c68ep-7f, 0x1.544f82p-10f) \\
        R(0x1.781774p-28f, -0x1.4f8066p-27f, \\
          0x1.ff00aap-1f, 0x1.fe01fep-1f, 0x1.fc05f4p-2f, \\
          0x1.500b46p-3f, 0x1.4ad13ap-5f, 0x1.013c2ap-7f, 0x1.3e2baep-10f) \\
        R(0x1.6a8c86p-26f, 0x1.0afe7p-27f, \\
          0x1.fe02a6p-1f, 0x1.fc07fp-1f, 0x1.f817bcp-2f, \\
          0x1.4ad95ap-3f, 0x1.40900cp-5f, 0x1.e1ef72p-8f, 0x1.148f8ep-10f) \\
        R(-0x1.e590eap-26f, -0x1.54f2bcp-25f, \\
          0x1.fc0a8cp-1f, 0x1.f81f84p-1f, 0x1.f05e0cp-2f, \\
          0x1.40ba14p-3f, 0x1.2cd47p-5f, 0x1.a4c36ap-8f, 0x1.966b8cp-11f) \\
        R(0x1.dadc0ap-26f, 0x1.37404p-26f, \\
          0x1.f829bp-1f, 0x1.f07c1ep-1f, 0x1.e1709ap-2f, \\
          0x1.2d825cp-3f, 0x1.085f1cp-5f, 0x1.375498p-8f, 0x1.2c281ep-12f) \\
        R(-0x1.8e6efap-32f, -0x1.123988p-27f, \\
          0x1.f0a30cp-1f, 0x1.e1e1ep-1f, 0x1.c5895p-2f, \\
          0x1.0acaf2p-3f, 0x1.93d69cp-6f, 0x1.18702cp-9f, -0x1.80f87ap-12f) \\
        R(0x1.f4002ep-26f, 0x1.91d5e8p-26f, \\
          0x1.e27076p-1f, 0x1.c71c7p-1f, 0x1.948b14p-2f, \\
          0x1.a388e6p-4f, 0x1.b7731p-7f, -0x1.01e0fp-10f, -0x1.c2d43ap-11f) \\
        R(0x1.2fa95p-26f, 0x1.dc6f98p-27f, \\
          0x1.c8ff7cp-1f, 0x1.99999ap-1f, 0x1.47ae16p-2f, \\
          0x1.0623aap-4f, 0x1.174ddcp-10f, -0x1.800c7cp-9f, -0x1.4ba18ap-11f) \\
        R(0x1.0001fp-3f, 0x1.0001fp-3f, \\
          -0x1.13703cp-2f, 0x1.39810ap-1f, 0x1.b30bccp-3f, \\
          0x1.c1cap-6f, -0x1.3f286cp-8f, -0x1.1890e4p-9f, 0x1.43a616p-13f) \\
        R(-0x1.062dccp-28f, -0x1.062dccp-28f, \\
          0x1.8b90cp-3f, 0x1.p-1f, 0x1.fffff4p-4f, \\
          -0x1.8405f8p-21f, -0x1.55ae06p-8f, -0x1.380832p-16f, 0x1.4f8654p-12f)
    /* z / (1 + z): relative error 0.11 of 2**-24 at most */
    #define BCEKIT_SHARE32(R) \\
        R(0x1.839e94p-34f, -0x1.fa6dfp-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.55548ep-3f, 0x1.555988p-5f, 0x1.123b02p-7f, 0x1.69dcbp-10f) \\
        R(-0x1.9f185cp-32f, -0x1.ee118ep-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.55548cp-3f, 0x1.55597cp-5f, 0x1.123bc6p-7f, 0x1.69e626p-10f) \\
        R(-0x1.67c618p-30f, -0x1.e5b52ep-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555488p-3f, 0x1.555962p-5f, 0x1.123d46p-7f, 0x1.69fa9ep-10f) \\
        R(-0x1.b3e30cp-29f, -0x1.e558ccp-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555482p-3f, 0x1.55594ap-5f, 0x1.123f3ep-7f, 0x1.6a0698p-10f) \\
        R(-0x1.d9f186p-28f, -0x1.f4fc6cp-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555474p-3f, 0x1.555902p-5f, 0x1.124442p-7f, 0x1.6a37c2p-10f) \\
        R(-0x1.ecf8c4p-27f, -0x1.125006p-24f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffff8p-2f, \\
          0x1.555456p-3f, 0x1.55599ap-5f, 0x1.124f6cp-7f, 0x1.69f18cp-10f) \\
        R(-0x1.f67c62p-26f, -0x1.4a21d4p-24f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffff8p-2f, \\
          0x1.55541cp-3f, 0x1.55587p-5f, 0x1.12648cp-7f, 0x1.6ac12cp-10f) \\
        R(0x1.3073dp-31f, -0x1.83e748p-25f, \\
          0x1.fffffep-1f, 0x1.fffffep-1f, 0x1.fffff6p-2f, \\
          0x1.55537ap-3f, 0x1.5554b8p-5f, 0x1.12ad58p-7f, 0x1.6e1a54p-10f) \\
        R(0x1.3074cep-31f, -0x1.738ae4p-25f, \\
          0x1.fffffcp-1f, 0x1.fffffap-1f, 0x1.ffffeep-2f, \\
          0x1.55537p-3f, 0x1.5554a4p-5f, 0x1.12accap-7f, 0x1.6e188ap-10f) \\
        R(0x1.3079cap-31f, -0x1.632e6ep-25f, \\
          0x1.fffff8p-1f, 0x1.fffff2p-1f, 0x1.ffffdep-2f, \\
          0x1.55535ap-3f, 0x1.555478p-5f, 0x1.12acfp-7f, 0x1.6e193ap-10f) \\
        R(0x1.308fc2p-31f, -0x1.52d1b6p-25f, \\
          0x1.fffffp-1f, 0x1.ffffe2p-1f, 0x1.ffffbep-2f, \\
          0x1.55533p-3f, 0x1.555424p-5f, 0x1.12abfap-7f, 0x1.6e166ap-10f) \\
        R(0x1.30ebb4p-31f, -0x1.4273e6p-25f, \\
          0x1.ffffep-1f, 0x1.ffffc2p-1f, 0x1.ffff7ep-2f, \\
          0x1.5552dap-3f, 0x1.555378p-5f, 0x1.12ab52p-7f, 0x1.6e14ep-10f) \\
        R(0x1.326394p-31f, -0x1.3211a4p-25f, \\
          0x1.ffffcp-1f, 0x1.ffff82p-1f, 0x1.fffefep-2f, \\
          0x1.55523p-3f, 0x1.555224p-5f, 0x1.12a8cp-7f, 0x1.6e0deap-10f) \\
        R(0x1.385356p-31f, -0x1.219d84p-25f, \\
          0x1.ffff8p-1f, 0x1.ffff02p-1f, 0x1.fffdfep-2f, \\
          0x1.5550dcp-3f, 0x1.554f6ap-5f, 0x1.12a3a8p-7f, 0x1.6e148p-10f) \\
        R(0x1.5032e4p-31f, -0x1.10e1a6p-25f, \\
          0x1.ffffp-1f, 0x1.fffe02p-1f, 0x1.fffbfep-2f, \\
          0x1.554e3p-3f, 0x1.554a26p-5f, 0x1.129bf2p-7f, 0x1.6dea6cp-10f) \\
        R(0x1.aff25ap-31f, -0x1.fe0c8ep-26f, \\
          0x1.fffep-1f, 0x1.fffc02p-1f, 0x1.fff7fep-2f, \\
          0x1.5548dep-3f, 0x1.553f84p-5f, 0x1.12890ap-7f, 0x1.6db778p-10f) \\
        R(0x1.97b9f6p-30f, -0x1.d157bep-26f, \\
          0x1.fffcp-1f, 0x1.fff802p-1f, 0x1.ffeffep-2f, \\
          0x1.553e3ap-3f, 0x1.552a64p-5f, 0x1.1263f6p-7f, 0x1.6d31aep-10f) \\
        R(0x1.25d188p-28f, -0x1.80a63ap-26f, \\
          0x1.fff8p-1f, 0x1.fff002p-1f, 0x1.ffdffep-2f, \\
          0x1.552906p-3f, 0x1.55007ep-5f, 0x1.12104ep-7f, 0x1.6be344p-10f) \\
        R(0x1.096b2cp-26f, -0x1.3fed5cp-27f, \\
          0x1.fffp-1f, 0x1.ffe002p-1f, 0x1.ffbffep-2f, \\
          0x1.54fed8p-3f, 0x1.54ae88p-5f, 0x1.114ea6p-7f, 0x1.67856cp-10f) \\
        R(0x1.205a52p-31f, -0x1.7fa646p-26f, \\
          0x1.ffe002p-1f, 0x1.ffc008p-1f, 0x1.ff801p-2f, \\
          0x1.54a904p-3f, 0x1.53ffeep-5f, 0x1.1083p-7f, 0x1.6854bp-10f) \\
        R(0x1.c08fa4p-32f, -0x1.60ee18p-26f, \\
          0x1.ffc008p-1f, 0x1.ff801ap-1f, 0x1.ff0046p-2f, \\
          0x1.53fec8p-3f, 0x1.52abdap-5f, 0x1.0e5c4ep-7f, 0x1.62a0c8p-10f) \\
        R(-0x1.e038d8p-32f, -0x1.4eb878p-26f, \\
          0x1.ff802p-1f, 0x1.ff006p-1f, 0x1.fe011ap-2f, \\
          0x1.52ac3p-3f, 0x1.500aa4p-5f, 0x1.09a256p-7f, 0x1.536162p-10f) \\
        R(-0x1.e2d9f2p-28f, -0x1.9f354ep-26f, \\
          0x1.ff008p-1f, 0x1.fe018p-1f, 0x1.fc0478p-2f, \\
          0x1.50080cp-3f, 0x1.4ac848p-5f, 0x1.014172p-7f, 0x1.3e1952p-10f) \\
        R(0x1.35915ep-31f, -0x1.f8330ap-27f, \\
          0x1.fe01fep-1f, 0x1.fc05f8p-1f, 0x1.f811dcp-2f, \\
          0x1.4acdf2p-3f, 0x1.406dccp-5f, 0x1.e11312p-8f, 0x1.12d878p-10f) \\
        R(0x1.0a997cp-28f, -0x1.44cddep-27f, \\
          0x1.fc07fp-1f, 0x1.f817cp-1f, 0x1.f047p-2f, \\
          0x1.408d8ap-3f, 0x1.2c52e6p-5f, 0x1.a181d6p-8f, 0x1.85ee36p-11f) \\
        R(-0x1.3d20b2p-30f, -0x1.b04d2ep-27f, \\
          0x1.f81f82p-1f, 0x1.f05e0ap-1f, 0x1.e11834p-2f, \\
          0x1.2cd64cp-3f, 0x1.066c2p-5f, 0x1.2e448p-8f, 0x1.d9c822p-13f) \\
        R(-0x1.0dab1cp-25f, -0x1.5f79p-25f, \\
          0x1.f07c2p-1f, 0x1.e1709ap-1f, 0x1.c44304p-2f, \\
          0x1.0860b6p-3f, 0x1.865b74p-6f, 0x1.ba971ap-10f, -0x1.227218p-11f) \\
        R(-0x1.4fea3cp-28f, -0x1.adbb2ep-27f, \\
          0x1.e1e1e2p-1f, 0x1.c5894cp-1f, 0x1.902de4p-2f, \\
          0x1.93da8ep-4f, 0x1.6613d6p-7f, -0x1.2336cp-9f, -0x1.56e5dap-10f) \\
        R(-0x1.27a84ap-27f, -0x1.ebfcd6p-27f, \\
          0x1.c71c72p-1f, 0x1.948b1p-1f, 0x1.3aa50ep-2f, \\
          0x1.b780aap-5f, -0x1.36d874p-8f, -0x1.55bc3ap-8f, -0x1.37370ap-10f) \\
        R(-0x1.29fe54p-26f, -0x1.6b6fd8p-26f, \\
          0x1.99999ap-1f, 0x1.47ae18p-1f, 0x1.89374p-3f, \\
          0x1.17395p-8f, -0x1.e2511cp-7f, -0x1.f0c334p-9f, 0x1.60168ap-12f) \\
        R(-0x1.78487ep-25f, -0x1.88a4ep-25f, \\
          0x1.555556p-1f, 0x1.c71c72p-2f, 0x1.2f6838p-4f, \\
          -0x1.948c54p-6f, -0x1.51099ap-7f, 0x1.fc3dap-11f, 0x1.1e4536p-10f) \\
        R(0x1.08677cp-34f, 0x1.08677cp-34f, \\
          0x1.p-1f, 0x1.p-2f, 0x1.9e410ap-25f, \\
          -0x1.554e96p-6f, 0x1.3109c4p-16f, 0x1.1d4f6ap-9f, 0x1.d928ap-13f)
    /* z / (1 + z)**2: relative error 0.29 of 2**-24 at most */
    #define BCEKIT_CURVATURE32(R) \\
        R(-0x1.9f185cp-32f, -0x1.fe6dfp-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.55548cp-3f, 0x1.55597cp-5f, 0x1.123bc6p-7f, 0x1.69e626p-10f) \\
        R(-0x1.67c618p-30f, -0x1.f6118ep-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555488p-3f, 0x1.555962p-5f, 0x1.123d46p-7f, 0x1.69fa9ep-10f) \\
        R(-0x1.b3e30cp-29f, -0x1.f5b52ep-25f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555482p-3f, 0x1.55594ap-5f, 0x1.123f3ep-7f, 0x1.6a0698p-10f) \\
        R(-0x1.d9f186p-28f, -0x1.02ac66p-24f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffffap-2f, \\
          0x1.555474p-3f, 0x1.555902p-5f, 0x1.124442p-7f, 0x1.6a37c2p-10f) \\
        R(-0x1.ecf8c4p-27f, -0x1.1a7e36p-24f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffff8p-2f, \\
          0x1.555456p-3f, 0x1.55599ap-5f, 0x1.124f6cp-7f, 0x1.69f18cp-10f) \\
        R(-0x1.f67c62p-26f, -0x1.525006p-24f, \\
          0x1.p+0f, 0x1.p+0f, 0x1.fffff8p-2f, \\
          0x1.55541cp-3f, 0x1.55587p-5f, 0x1.12648cp-7f, 0x1.6ac12cp-10f) \\
        R(0x1.3073bp-31f, -0x1.9443aap-25f, \\
          0x1.fffffep-1f, 0x1.fffffep-1f, 0x1.fffff6p-2f, \\
          0x1.55537ap-3f, 0x1.5554b8p-5f, 0x1.12ad58p-7f, 0x1.6e1a54p-10f) \\
        R(0x1.30744ep-31f, -0x1.83e746p-25f, \\
          0x1.fffffcp-1f, 0x1.fffffap-1f, 0x1.ffffeep-2f, \\
          0x1.55537p-3f, 0x1.5554a4p-5f, 0x1.12accap-7f, 0x1.6e188ap-10f) \\
        R(0x1.3077cap-31f, -0x1.738ad8p-25f, \\
          0x1.fffff8p-1f, 0x1.fffff2p-1f, 0x1.ffffdep-2f, \\
          0x1.55535ap-3f, 0x1.555478p-5f, 0x1.12acfp-7f, 0x1.6e193ap-10f) \\
        R(0x1.3087c2p-31f, -0x1.632e36p-25f, \\
          0x1.fffffp-1f, 0x1.ffffe2p-1f, 0x1.ffffbep-2f, \\
          0x1.55533p-3f, 0x1.555424p-5f, 0x1.12abfap-7f, 0x1.6e1668p-10f) \\
        R(0x1.30cbb4p-31f, -0x1.52d0c6p-25f, \\
          0x1.ffffep-1f, 0x1.ffffc2p-1f, 0x1.ffff7ep-2f, \\
          0x1.5552dap-3f, 0x1.555378p-5f, 0x1.12ab52p-7f, 0x1.6e14e2p-10f) \\
        R(0x1.31e394p-31f, -0x1.427006p-25f, \\
          0x1.ffffcp-1f, 0x1.ffff82p-1f, 0x1.fffefep-2f, \\
          0x1.55523p-3f, 0x1.555224p-5f, 0x1.12a8cp-7f, 0x1.6e0dd8p-10f) \\
        R(0x1.365356p-31f, -0x1.3201e6p-25f, \\
          0x1.ffff8p-1f, 0x1.ffff02p-1f, 0x1.fffdfep-2f, \\
          0x1.5550dap-3f, 0x1.554f78p-5f, 0x1.12a4ep-7f, 0x1.6e03dap-10f) \\
        R(0x1.4832e4p-31f, -0x1.215e06p-25f, \\
          0x1.ffffp-1f, 0x1.fffe02p-1f, 0x1.fffbfep-2f, \\
          0x1.554e3p-3f, 0x1.554a26p-5f, 0x1.129beap-7f, 0x1.6dea0cp-10f) \\
        R(0x1.8ff258p-31f, -0x1.0fe2a8p-25f, \\
          0x1.fffep-1f, 0x1.fffc02p-1f, 0x1.fff7fep-2f, \\
          0x1.5548dep-3f, 0x1.553f76p-5f, 0x1.1288d8p-7f, 0x1.6dc7dap-10f) \\
        R(0x1.57b9f4p-30f, -0x1.f6108p-26f, \\
          0x1.fffcp-1f, 0x1.fff802p-1f, 0x1.ffeffep-2f, \\
          0x1.553e38p-3f, 0x1.552a56p-5f, 0x1.1264aep-7f, 0x1.6d3b72p-10f) \\
        R(0x1.cba308p-29f, -0x1.b15efcp-26f, \\
          0x1.fff8p-1f, 0x1.fff002p-1f, 0x1.ffdffep-2f, \\
          0x1.5528fap-3f, 0x1.550042p-5f, 0x1.1215cep-7f, 0x1.6c0f56p-10f) \\
        R(0x1.92d652p-27f, -0x1.00af74p-26f, \\
          0x1.fffp-1f, 0x1.ffe002p-1f, 0x1.ffbffep-2f, \\
          0x1.54feb4p-3f, 0x1.54ad9ep-5f, 0x1.115d84p-7f, 0x1.68408ap-10f) \\
        R(-0x1.edfa78p-27f, -0x1.502f8cp-25f, \\
          0x1.ffe002p-1f, 0x1.ffc006p-1f, 0x1.ff8008p-2f, \\
          0x1.54a998p-3f, 0x1.54041ep-5f, 0x1.10399ep-7f, 0x1.649f1cp-10f) \\
        R(0x1.0042fap-31f, -0x1.80a7p-26f, \\
          0x1.ffc006p-1f, 0x1.ff8014p-1f, 0x1.ff0034p-2f, \\
          0x1.53fea6p-3f, 0x1.52ab78p-5f, 0x1.0e5a32p-7f, 0x1.62959ep-10f) \\
        R(0x1.fdca8ep-36f, -0x1.6770e4p-26f, \\
          0x1.ff8018p-1f, 0x1.ff004ap-1f, 0x1.fe00d6p-2f, \\
          0x1.52aa98p-3f, 0x1.50047ap-5f, 0x1.0a106ep-7f, 0x1.574d74p-10f) \\
        R(-0x1.c5313p-29f, -0x1.7fddbap-26f, \\
          0x1.ff006p-1f, 0x1.fe012p-1f, 0x1.fc035ap-2f, \\
          0x1.5005fcp-3f, 0x1.4ac1bcp-5f, 0x1.01209ep-7f, 0x1.3da98p-10f) \\
        R(-0x1.fd27c2p-26f, -0x1.91d34ap-25f, \\
          0x1.fe018p-1f, 0x1.fc047ep-1f, 0x1.f80d6ep-2f, \\
          0x1.4ac494p-3f, 0x1.4051dep-5f, 0x1.e108ccp-8f, 0x1.136486p-10f) \\
        R(0x1.620e82p-30f, -0x1.df4a5p-27f, \\
          0x1.fc05f8p-1f, 0x1.f811ep-1f, 0x1.f0358p-2f, \\
          0x1.406abp-3f, 0x1.2bea8p-5f, 0x1.9fb15cp-8f, 0x1.80af88p-11f) \\
        R(0x1.42ba2ap-26f, 0x1.76b37p-28f, \\
          0x1.f817cp-1f, 0x1.f04702p-1f, 0x1.e0d412p-2f, \\
          0x1.2c50e6p-3f, 0x1.04e4fp-5f, 0x1.26b29ep-8f, 0x1.689eecp-13f) \\
        R(-0x1.c8f85cp-28f, -0x1.3692a4p-26f, \\
          0x1.f05e0ap-1f, 0x1.e1183p-1f, 0x1.c340fcp-2f, \\
          0x1.066f8cp-3f, 0x1.7b407ap-6f, 0x1.540612p-10f, -0x1.7c8434p-11f) \\
        R(0x1.8ea9dep-28f, -0x1.ff8a94p-29f, \\
          0x1.e1709ap-1f, 0x1.c442fap-1f, 0x1.8c8edcp-2f, \\
          0x1.866866p-4f, 0x1.1d0784p-7f, -0x1.c165cp-9f, -0x1.d79538p-10f) \\
        R(-0x1.39832ep-25f, -0x1.7af4b2p-25f, \\
          0x1.c5894ep-1f, 0x1.902ddap-1f, 0x1.2ee17ap-2f, \\
          0x1.6631f6p-5f, -0x1.628d4cp-7f, -0x1.051faep-7f, -0x1.0bbab2p-9f) \\
        R(-0x1.0d33fap-27f, -0x1.d18886p-27f, \\
          0x1.948b1p-1f, 0x1.3aa51p-1f, 0x1.49a0a6p-3f, \\
          -0x1.36e568p-6f, -0x1.ab6686p-6f, -0x1.d11878p-8f, 0x1.fc8544p-14f) \\
        R(0x1.62796p-25f, 0x1.41c09ep-25f, \\
          0x1.47ae14p-1f, 0x1.893752p-2f, 0x1.a36c08p-7f, \\
          -0x1.e265d8p-5f, -0x1.3df2d4p-6f, 0x1.10cac4p-9f, 0x1.6ce8eep-9f) \\
        R(-0x1.a4bcap-26f, -0x1.c57562p-26f, \\
          0x1.c71c72p-2f, 0x1.2f6838p-3f, -0x1.2f6848p-4f, \\
          -0x1.5109eap-5f, 0x1.3ab5fp-8f, 0x1.ada05p-8f, 0x1.890fd2p-12f) \\
        R(0x0.p+0f, 0x0.p+0f, \\
          0x1.p-2f, 0x1.dd036ep-29f, -0x1.ffff9cp-5f, \\
          0x1.bcb8fap-19f, 0x1.56343p-7f, 0x1.ad8d6ap-14f, -0x1.57bcap-10f)
    /* the logarithm: relative error 0.11 of 2**-24 at most */
    #define BCEKIT_LOG32(R) \\
        R(0x1.p+0f, 0x0.p+0f) \\
        R(0x1.p+0f, 0x0.p+0f) \\
        R(0x1.0a898ap+0f, 0x1.4a7p-5f) \\
        R(0x1.0e8d04p+0f, 0x1.c4ep-5f) \\
        R(0x1.1352cep+0f, 0x1.2a1p-4f) \\
        R(0x1.1823cp+0f, 0x1.7118p-4f) \\
        R(0x1.1d3496p+0f, 0x1.ba8p-4f) \\
        R(0x1.2225e2p+0f, 0x1.007p-3f) \\
        R(0x1.2726c4p+0f, 0x1.2374p-3f) \\
        R(0x1.2c8134p+0f, 0x1.4844p-3f) \\
        R(0x1.32037p+0f, 0x1.6d78p-3f) \\
        R(0x1.37d5b6p+0f, 0x1.941p-3f) \\
        R(0x1.3e23f8p+0f, 0x1.bd1p-3f) \\
        R(0x1.446868p+0f, 0x1.e504p-3f) \\
        R(0x1.4adfd6p+0f, 0x1.06b8p-2f) \\
        R(0x1.51ddd4p+0f, 0x1.1c22p-2f) \\
        R(0x1.59425cp+0f, 0x1.324cp-2f) \\
        R(0x1.604e28p+0f, 0x1.46fcp-2f) \\
        R(0x1.683df2p+0f, 0x1.5dccp-2f) \\
        R(0x1.704baep+0f, 0x1.747p-2f) \\
        R(0x1.78e37ap+0f, 0x1.8c0ep-2f) \\
        R(0x1.81ccbcp+0f, 0x1.a3fcp-2f) \\
        R(0x1.8a9594p+0f, 0x1.bb0ap-2f) \\
        R(0x1.946c32p+0f, 0x1.d442p-2f) \\
        R(0x1.9f1d2ap+0f, 0x1.eefap-2f) \\
        R(0x1.a99b64p+0f, 0x1.0445p-1f) \\
        R(0x1.b4dbbap+0f, 0x1.11a1p-1f) \\
        R(0x1.c0e664p+0f, 0x1.1f8dp-1f) \\
        R(0x1.cd7c18p+0f, 0x1.2db5p-1f) \\
        R(0x1.da7562p+0f, 0x1.3be7p-1f) \\
        R(0x1.e96c2p+0f, 0x1.4bcdp-1f) \\
        R(0x1.f8342ap+0f, 0x1.5b09p-1f)
    """
