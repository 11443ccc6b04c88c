/// Two hundred integrands of x, from school to what has no elementary antiderivative.
public let integrands: [String] = """
    1; x; x^5; 3x^2 - 4x + 7; sqrt(x); 1/sqrt(x); 1/x; 1/x^2; x^(2/3); x^pi
    (2x + 3)^4; 1/(2x + 3); 1/(3x - 1)^2; sqrt(5x + 1); cbrt(x); x^2*(x - 1)^2; (x + 1/x)^2; (x^2 + 1)/x; x^n; a*x^2 + b*x + c
    exp(x); exp(-x); exp(3x + 1); 2^x; 10^(-x); x*exp(x); x^2*exp(x); x^3*exp(-x); x*exp(-x^2); x^3*exp(x^2)
    exp(x)/(1 + exp(x)); 1/(1 + exp(x)); exp(2x)/(1 + exp(x)); exp(x)*sqrt(1 + exp(x)); exp(sqrt(x)); exp(x + exp(x)); 1/(exp(x) + exp(-x)); (exp(x) - exp(-x))^2; exp(sqrt(x))/sqrt(x); x*2^x
    log(x); log(x)^2; x*log(x); x^2*log(x); log(x)/x; log(x)^3/x; 1/(x*log(x)); log(x)/x^2; sqrt(x)*log(x); log(x^2 + 1)
    log(2x + 1); x*log(x + 1); log(x)^2/x^2; x^n*log(x); log(log(x))/x; log(x + sqrt(x^2 + 1)); log(1 - x^2); log(sqrt(x)); log2(x); log10(3x)
    sin(x); cos(2x); tan(x); cot(x); sec(x); csc(x); sin(3x + 1); tan(2x); sec(x)^2; csc(x)^2
    sin(x)^2; cos(x)^2; sin(x)^3; cos(x)^4; sin(x)*cos(x); sin(x)^2*cos(x)^3; sin(x)^2*cos(x)^2; tan(x)^2; tan(x)^3; sec(x)^3
    sin(3x)*cos(2x); sin(x)*sin(2x); cos(x)*cos(5x); sin(x)/cos(x)^2; sec(x)*tan(x); sec(x)^4; tan(x)^4; csc(x)^3; sin(x)^5; tan(x)*sec(x)^3
    x*sin(x); x^2*cos(x); x*cos(3x); x*sin(x)^2; exp(x)*sin(x); exp(-x)*cos(2x); x*exp(x)*sin(x); sin(sqrt(x)); cos(log(x)); x*sin(x^2)
    1/(1 + sin(x)); 1/(1 + cos(x)); 1/(2 + cos(x)); 1/(5 + 4 sin(x)); sin(x)/(1 + cos(x)); cos(x)/(1 + sin(x)^2); 1/(sin(x) + cos(x)); 1/(sin(x)*cos(x)); sin(x)/(sin(x) + cos(x)); 1/(1 + tan(x))
    1/(1 + x^2); 1/(x^2 - 1); 1/(x^2 + 4); 1/(9 - x^2); x/(1 + x^2); x^2/(1 + x^2); 1/(x^2 + 2x + 5); (x + 1)/(x^2 + 2x + 5); 1/(x^2 + x + 1); 1/(x*(x + 1))
    1/(x^2 - 3x + 2); (3x + 5)/(x^2 - x - 2); x^3/(x^2 - 1); 1/(x^3 - x); 1/(x^3 + 1); 1/(x^4 - 1); 1/(x^4 + 1); x^2/(x^4 + 1); 1/(x^2*(x + 1)); (x^2 + 1)/(x^3 + x^2)
    1/(x^2 + 1)^2; x^3/(x^2 + 1)^3; 1/(x*(x^2 + 1)^2); (x^4 + 1)/(x^3 - x^2); 1/(x^4 + x^2 + 1); 1/(x^6 + 1); 1/(x^2 - 2); 1/(x^2 + a^2); 1/(x^2 - a^2); 1/((x + a)*(x + b))
    x/(x^4 + 1); x^3/(x^4 + 1); x^5/(x^3 + 1); (2x + 1)/(x^2 + x + 1)^2; 1/(x^3*(x - 1)); 1/(1 + x^3)^2; x^4/(x^2 + 1); x/(x^2 - 5x + 6); 1/(4x^2 + 4x + 1); (x^3 + x)/(x - 1)
    1/sqrt(1 - x^2); 1/sqrt(x^2 + 1); 1/sqrt(x^2 - 1); sqrt(1 - x^2); sqrt(x^2 + 1); x*sqrt(x^2 + 1); x/sqrt(1 - x^2); x^2/sqrt(1 - x^2); 1/sqrt(4 - 9x^2); x^3*sqrt(1 - x^2)
    sqrt(a^2 - x^2); 1/(x*sqrt(x^2 - 1)); 1/(x^2*sqrt(x^2 + 1)); sqrt(x^2 + 2x); 1/sqrt(x - x^2); x*sqrt(x + 1); x/sqrt(2x + 1); 1/(1 + sqrt(x)); sqrt(x)/(1 + x); 1/(sqrt(x) + cbrt(x))
    asin(x); acos(x); atan(x); x*atan(x); x^2*atan(x); asin(x)^2; atan(x)/(1 + x^2); asin(x)/sqrt(1 - x^2); atan(sqrt(x)); x*asin(x)
    sinh(x); cosh(x)^2; tanh(x); x*sinh(x); 1/cosh(x); asinh(x); atanh(x); exp(-x^2); erf(x); exp(x)/x
    sin(x)/x; exp(x^2); sin(x^2); 1/log(x); sqrt(1 + x^3); x^x; abs(x); sigmoid(x); relu(x); exp(x)*log(x)
    """.split(whereSeparator: { $0 == ";" || $0.isNewline }).map { $0.trimmingPrefix(while: \.isWhitespace) }.map(
        String.init)
