// The resource profiles: `normal` applies the settings as they are, `day` leaves room for interactive work, `night` uses
// the whole host.

export const PROFILES = ['normal', 'day', 'night'] as const;
export type ProfileName = (typeof PROFILES)[number];

export function isProfile(text: unknown): text is ProfileName {
  return PROFILES.some((name) => name === text);
}
