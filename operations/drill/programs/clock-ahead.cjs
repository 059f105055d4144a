// Makes a Node.js process believe that it is later: `node --require clock-ahead.cjs`, with DRILL_CLOCK_AHEAD in seconds. The drill's own
// programs beside this one keep the time: they measure.
const measures = process.argv[1]?.startsWith(__dirname) ?? false;
const ahead = measures ? 0 : Number(process.env.DRILL_CLOCK_AHEAD) * 1000;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + ahead);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};
